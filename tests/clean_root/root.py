"""A Debian 12 of its own in a folder: as debootstrap makes it, with the checkout, and with what this machine's package clients
are told (mirrors, proxies, certificates), since they could not reach anything without."""
import os
import re
import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SUITE = "bookworm"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CARRIED_VARIABLES = re.compile(r"(PIP|NPM_CONFIG)_\w+|\w+_PROXY|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|SSL_CERT_\w+|\w+_CA_BUNDLE", re.I)
CARRIED_FILES = ["/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/npmrc", "/root/.npmrc", "/root/.config/pip/pip.conf",
                 "/usr/local/share/ca-certificates", "/etc/ssl/certs/ca-certificates.crt"]
# A process namespace of its own, so that whatever is started ends with it.
ENTER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c",
         'mount -t proc proc "$1/proc" && exec chroot "$1" "${@:2}"', "bash"]


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok: {what}" if len(what) < 150 else f"ok: {what[:147]}...")


def debian_sources():
    """The lines of sources.list for Debian's own packages, as apt has them here."""
    format_ = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
    asked = subprocess.run(["apt-get", "indextargets", "--format", format_, "Created-By: Packages"], capture_output=True,
                           text=True, check=True)
    found = {tuple(line.split()[:3]) for line in asked.stdout.splitlines() if line.endswith(" Debian") and SUITE in line}
    if not found:
        raise SystemExit(f"apt has no packages of Debian {SUITE} here; run apt-get update on a Debian 12")
    return sorted(found)


class Root:
    def __init__(self, folder):
        self.folder = folder

    @staticmethod
    def fresh(cache, name):
        """A copy of what debootstrap made once."""
        base = cache / "base"
        if not (base / ".made").exists():
            shutil.rmtree(base, ignore_errors=True)
            cache.mkdir(parents=True, exist_ok=True)
            mirror = next(uri for uri, suite, _ in debian_sources() if suite == SUITE)
            subprocess.run(["debootstrap", SUITE, base, mirror], stdout=subprocess.DEVNULL, check=True)
            (base / ".made").touch()
        root = Root(cache / name)
        root.remove()
        subprocess.run(["cp", "--archive", base, root.folder], check=True)
        root.carry()
        return root

    def carry(self):
        sources = [f"deb {uri} {suite} {component}\n" for uri, suite, component in debian_sources()]
        self.inside("/etc/apt/sources.list").write_text("".join(sources))
        for name in [*CARRIED_FILES, *map(str, Path("/etc/apt/apt.conf.d").glob("*"))]:
            source, target = Path(name), self.inside(name)
            if "apt.conf.d" in name and "Acquire" not in source.read_text():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy(source, target)

    def inside(self, path):
        return self.folder / str(path).lstrip("/")

    def check_out(self, target):
        """The files of the checkout that git knows or would take, as they are now."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=CHECKOUT,
                                capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, listed):
            if (CHECKOUT / name).exists():
                copy = self.inside(target) / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CHECKOUT / name, copy)

    def start(self, command, folder="/root", **environment):
        carried = {name: value for name, value in os.environ.items()
                   if CARRIED_VARIABLES.fullmatch(name) and name != "PIP_FIND_LINKS"}
        return subprocess.Popen(
            [*ENTER, self.folder, "bash", "-c", f"cd {folder} && {command}"], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**carried, **environment, "PATH": PATH, "HOME": "/root", "TERM": "dumb", "LANG": "C.UTF-8"})

    def run(self, command, folder="/root", **environment):
        """What it said; ends the try when it failed."""
        running = self.start(command, folder, **environment)
        said = running.communicate()[0]
        if running.returncode != 0:
            raise SystemExit(f"{said}\n{command}: exit code {running.returncode}")
        return said

    def packages(self):
        return set(self.run("dpkg-query -W -f '${Package}\\n'").split())

    def installed_mb(self, packages):
        """As apt counts it."""
        shown = self.run("dpkg-query -W -f '${Installed-Size}\\n' " + " ".join(packages)) if packages else "0"
        return sum(map(int, shown.split())) // 1024

    def disk_mb(self):
        return int(subprocess.run(["du", "-sm", self.folder], capture_output=True, text=True, check=True).stdout.split()[0])

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
