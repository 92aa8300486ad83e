"""Commands of the documentation that no test here runs, each with the reason. A pattern is of the whole command.

A command that is neither here nor run by test_commands.py fails the tests: run it there, or say here who tries it.
"""

MACHINE = "changes the machine, as root; the unit and what it asks of folders is tried by tests/system/test_systemd_unit.py"
DOCKER = "needs a Docker engine; tests/compose/run brings the stack up"
CLEAN_ROOT = "takes a minute and a machine of its own: tests/clean_root/run"
STAGE = "a stage of test.sh"

NOT_RUN = [
    (r"\./quickstart\.sh( --build-only)?", CLEAN_ROOT),
    (r"\./test\.sh( unit)?", "would run this test again"),
    (r"sudo apt-get install -y .*", CLEAN_ROOT + "; test_packages.py compares the list"),
    (r"cmake --preset release && cmake --build --preset release", CLEAN_ROOT + "; tests/scripts/test_configure.py configures"),
    (r"cmake --install build", CLEAN_ROOT),
    (r"cmake --build build --target deb", "tests/scripts/test_package.py packs what is built"),
    (r"apt-get install \./build/mcp-gateway_\*\.deb", "changes the machine; tests/clean_root/package installs it"),
    (r"(CMAKE_CXX_COMPILER_LAUNCHER=ccache )?cmake (--build )?--preset dev.*", "builds for minutes; " + STAGE + " does the same"),
    (r"ctest --test-dir build .*", STAGE),
    (r"(/opt/mcp-gateway/)?services/install .*", "brings 700 MB; tests/services/setup.sh runs it, and tests/scripts its branches"),
    (r"services/setup .*", "needs databases; tests/services runs it before real ones"),

    (r"claude mcp .*", "needs Claude Code with an account; tests/interop speaks as its SDK does"),
    (r"TOOL_SERVER_CONNECTIONS='.*'", "a setting of Open WebUI"),
    (r"docker .*", DOCKER),
    (r"cd compose && cp \.env\.example \.env", DOCKER),
    (r"(G=http|ID=\$\(curl|curl -sf -H \"\$J\").*", "needs Grafana; tests/services has a stand-in for it"),

    (r"(useradd|userdel|getent passwd mcp-gateway) .*", MACHINE),
    (r"(install|chgrp|chown|chmod|mkdir|cp|mv|rm|sed) .*/(etc|opt|usr|var)\b.*", MACHINE),
    (r"for name in alice admin; do openssl .*", MACHINE),
    (r"cat >/etc/.* <<'END'", MACHINE + "; test_configurations.py checks the JSON among them"),
    (r"systemctl .*", MACHINE),
    (r"systemd-run .*", MACHINE),
    (r"tar -C / .*|\(umask 077 && tar -C / .*", MACHINE),
    (r"journalctl .*", "needs the journal of a machine that runs it"),

    (r"curl -i https://mcp\.example\.com/.*", "an address of the reader's; tests/proxies asks through each proxy"),
    (r"grep \S+ /var/log/nginx/.*", "a file of the reader's machine; tests/proxies reads it where nginx is tried"),

    (r"tests/\w+/setup\.sh", STAGE),
    (r"python3 -m pytest tests/.*", STAGE),
    (r"node (--test )?tests/.*", STAGE),
]
