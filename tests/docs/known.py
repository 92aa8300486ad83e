"""Commands of the documentation that are not run by these tests, with the reason. A pattern matches the whole command.

A command that is neither listed here nor run by test_commands.py fails the tests: run it there, or add what tests it here.
"""

MACHINE = "changes the machine, as root; the unit and its directories are tested by tests/system/test_systemd_unit.py"
DOCKER = "needs a Docker engine; tests/compose/run starts the stack"
CLEAN_ROOT = "takes a minute and a fresh machine: tests/clean_root/run"
STAGE = "a stage of test.sh"

NOT_RUN = [
    (r"\./quickstart\.sh( --build-only)?", CLEAN_ROOT),
    (r"\./test\.sh( unit)?", "would run this test recursively"),
    (r"sudo apt-get install -y .*", CLEAN_ROOT + "; test_packages.py compares the list"),
    (r"cmake --preset release && cmake --build --preset release", CLEAN_ROOT + "; tests/scripts/test_configure.py configures"),
    (r"cmake --install build", CLEAN_ROOT),
    (r"cmake --build build --target deb", "tests/scripts/test_package.py packs what is built"),
    (r"apt-get install \./build/mcp-gateway_\*\.deb", "changes the machine; tests/clean_root/package installs it"),
    (r"(CMAKE_CXX_COMPILER_LAUNCHER=ccache )?cmake (--build )?--preset dev.*", "builds for minutes; " + STAGE + " does the same"),
    (r"ctest --test-dir build .*", STAGE),
    (r"(/opt/mcp-gateway/)?services/install .*", "downloads 700 MB; tests/services/setup.sh runs it, and tests/scripts its branches"),
    (r"services/setup .*", "needs databases; tests/services runs it with real ones"),

    (r"scripts/(backup|restore) .*", "needs what install.md makes; tests/scripts/test_backup.py runs each form"),
    (r"scripts/(go-no-go|render|baseline) .*", "needs files of the reader; tests/scripts/test_go_no_go.py runs each form"),
    (r"cp deploy/templates/values\.example\.json values\.json", "tests/scripts/test_go_no_go.py fills in every template with it"),
    (r"gpg --encrypt .*", "needs a key of the reader"),
    (r"bench/soak.*", "takes half an hour; tests/scripts/test_soak.py runs it for a moment"),

    (r"mcp-gateway lock gateway\.json.*", "pins tools of servers that are not here; tests/system/test_pinned_tools.py runs each form"),
    (r"(mcp-server|load-balancer) .*", "starts gateways that outlive it, or needs HAProxy; tests/deploy runs each form"),
    (r"claude mcp .*", "needs Claude Code with an account; tests/interop uses the same SDK"),
    (r"npx @modelcontextprotocol/inspector@.*", "downloads it; tests/oauth/test_inspector.py runs this version"),
    (r"TOOL_SERVER_CONNECTIONS='.*'", "a setting of Open WebUI"),
    (r"docker .*", DOCKER),
    (r"cd compose && cp \.env\.example \.env", DOCKER),
    (r"(G=http|ID=\$\(curl|curl -sf -H \"\$J\").*", "needs Grafana; tests/services has a fake of it"),

    (r"(useradd|userdel|getent passwd mcp-gateway) .*", MACHINE),
    (r"(install|chgrp|chown|chmod|mkdir|cp|mv|rm|sed) .*/(etc|opt|usr|var)\b.*", MACHINE),
    (r"for name in alice admin; do openssl .*", MACHINE),
    (r"cat >/etc/.* <<'END'", MACHINE + "; test_configurations.py checks the JSON among them"),
    (r"systemctl .*", MACHINE),
    (r"systemd-run .*", MACHINE),
    (r"tar -C / .*|tar -c .* -C /opt/mcp-gateway|\(umask 077 && tar -C / .*", MACHINE),
    (r"journalctl .*", "needs the journal of a machine running it"),

    (r"mcp-gateway (add|remove|list)\b.*", "a file of the reader; tests/system/test_edit_configuration.py edits one"),
    (r"(mcp-gateway|ln -s) .*(--compat|mcp-proxy) .*", "runs a server of the reader; tests/system/test_compat.py runs each form"),
    (r"mcp-gateway import .*", "a file of the reader; tests/system/test_import.py imports two dozen"),
    (r"mcp-gateway \w+ https://.*", "needs an admin listener with TLS; tests/system/test_tls.py asks one"),
    (r"curl -i https://mcp\.example\.com/.*", "a URL of the reader; tests/proxies sends it through each proxy"),
    (r"grep \S+ /var/log/nginx/.*", "a file on the reader's machine; tests/proxies reads it where it tests nginx"),

    (r"tests/\w+/setup\.sh", STAGE),
    (r"python3 -m pytest tests/.*", STAGE),
    (r"node (--test )?tests/.*", STAGE),
]
