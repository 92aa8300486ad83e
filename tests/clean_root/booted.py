"""A root that its own systemd runs, in namespaces: as in a container, but without a container engine. Needs root, and a kernel
that allows it."""
import subprocess
import sys
import uuid
from pathlib import Path

from root import CHECKOUT, PATH

sys.path.insert(0, str(CHECKOUT / "tests" / "system"))
from waiting import wait_until  # noqa: E402: of the directory above

CGROUPS = Path("/sys/fs/cgroup")
# Its root has to be the mount namespace's, because user namespaces (PrivateUsers=) are not allowed in a chroot.
ENTER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--uts", "--ipc", "--net", "bash", "-ec", """
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
if [ "$2" = v1 ]; then
  mount -t tmpfs tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
else
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
for folder in run tmp dev; do mount -t tmpfs tmpfs "$folder"; done
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
ip link set lo up
mkdir -p mnt/host
pivot_root . mnt/host
umount -l /mnt/host
exec env -i container=lxc PATH="$PATH" /lib/systemd/systemd --show-status=0 --unit=multi-user.target
""", "bash"]


class Booted:
    """with Booted(root) as machine: machine.run("systemctl ...")"""

    def __init__(self, root):
        self.root = root
        version_1 = CGROUPS / "systemd"
        self.version = "v1" if version_1.exists() else "v2"
        self.cgroup = (version_1 if version_1.exists() else CGROUPS) / f"mcp-gateway-test-{uuid.uuid4().hex[:8]}"

    def __enter__(self):
        self.cgroup.mkdir()
        join = ["bash", "-c", 'echo $$ >"$1/cgroup.procs" && exec "${@:2}"', "bash", self.cgroup]
        self.unshare = subprocess.Popen([*join, *ENTER, self.root.folder, self.version], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={"PATH": PATH})
        try:
            self.init = wait_until(self._init, "systemd starts", patience=30)
            wait_until(self._is_up, "systemd has booted")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _is_up(self):
        return self.run("systemctl is-system-running").strip() in ("running", "degraded")

    def _init(self):
        if self.unshare.poll() is not None:
            raise SystemExit(f"systemd cannot be booted here: {self.unshare.stderr.read()}")
        children = Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children").read_text().split()
        return children and "systemd" in Path(f"/proc/{children[0]}/comm").read_text() and children[0]

    def run(self, command):
        """What it printed, whatever its exit code."""
        inside = ["nsenter", "--target", self.init, "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd"]
        return subprocess.run([*inside, "bash", "-c", f"cd /root && {command}"], env={"PATH": PATH, "LANG": "C.UTF-8"}, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout

    def __exit__(self, *_):
        self.unshare.kill()
        self.unshare.communicate()
        wait_until(lambda: not (self.cgroup / "cgroup.procs").read_text(), "all its processes have ended", patience=30)
        for folder in sorted((path for path in self.cgroup.rglob("*") if path.is_dir()), reverse=True):
            folder.rmdir()
        self.cgroup.rmdir()
