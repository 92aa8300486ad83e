"""What tests that run servers of others share: ports, and patience."""
import random
import socket
import time


def free_port():
    """A port that stays free while its server is stopped: below those the system gives out by itself."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def wait_until(condition, what, patience=120):
    """Asks again and again. The first true answer."""
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.05)
    return found
