"""The machine a benchmark ran on, as far as it matters and nothing that names it."""

import contextlib
import os
import platform
import subprocess
import time
from pathlib import Path

TRACKED = Path("/proc/sys/net/netfilter/nf_conntrack_count")
TRACKED_AT_MOST = TRACKED.with_name("nf_conntrack_max")
FORGOTTEN_AFTER = 130  # seconds; the kernel's default is 120


def facts():
    return {"cores": os.cpu_count(), "cpu": cpu_model(), "memory_gb": memory_gb(),
            "kernel": ".".join(platform.release().split(".")[:2]), "compiler": compiler(),
            "load_average_before": round(os.getloadavg()[0], 2)}


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def memory_gb():
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)


def compiler():
    done = subprocess.run(["c++", "--version"], capture_output=True, text=True)
    return done.stdout.splitlines()[0] if done.stdout else "unknown"


def await_room_for(connections):
    """Where a packet filter tracks connections, it remembers each for two minutes after its end, and drops what
    is new when its table is full: then the figures would be its own. Without one there is nothing to wait for."""
    deadline = time.monotonic() + FORGOTTEN_AFTER
    with contextlib.suppress(OSError):
        room = int(TRACKED_AT_MOST.read_text())
        while room - int(TRACKED.read_text()) < min(connections, int(room * 0.9)) and time.monotonic() < deadline:
            time.sleep(1)
