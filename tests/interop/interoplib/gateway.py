"""A running mcp-gateway: started on a configuration, watched through its log lines, stopped and looked after."""

import json
import os
import signal
import subprocess
import threading
import time
import uuid
from pathlib import Path

from . import programs


class Gateway:
    """One gateway process. Use it as a context manager: leaving it stops the gateway and checks that it ended well."""

    def __init__(self, servers, folder, options=None, arguments=(), groups=None):
        self.folder = Path(folder)
        self.mark = f"interop-{uuid.uuid4().hex}"  # in every child's environment, so that none can hide
        marked = {name: entry | {"env": entry.get("env", {}) | {"INTEROP_MARK": self.mark}} for name, entry in servers.items()}
        self.configuration = {
            "gateway": {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0", **(options or {})},
            "mcpServers": marked,
            "groups": groups or {},
        }
        self.arguments = list(arguments)
        self.log_file = self.folder / "gateway.log"
        self._lines = []
        self._news = threading.Condition()
        self._ended = False
        self.process = None

    def __enter__(self):
        config = self.folder / "gateway.json"
        config.write_text(json.dumps(self.configuration, indent=2))
        command = [str(programs.GATEWAY), "run", "--config", str(config), *self.arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, errors="replace", cwd=self.folder)
        threading.Thread(target=self._read_log, daemon=True).start()
        try:
            self.port = self.wait_for_event("listener.ready", listener="main")["port"]
            self.admin_port = self.wait_for_event("listener.ready", listener="admin")["port"]
            for name, entry in self.configuration["mcpServers"].items():
                if entry.get("isolation") != "session":  # such a service has no child before its first session
                    self.wait_for_event("service.ready", server=name)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.stop()

    def url(self, server, transport):
        return f"http://127.0.0.1:{self.port}/{server}/{'sse' if transport == 'sse' else 'mcp'}"

    def stop(self, patience=120):
        """SIGTERM, a clean exit, and nobody left behind."""
        if self.process.returncode is not None:
            return
        alive = self.process.poll() is None
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the gateway was still there {patience} s after SIGTERM\n{self.tail()}") from None
        assert alive, f"the gateway had ended by itself with {code}\n{self.tail()}"
        assert code == 0, f"the gateway ended with {code} after SIGTERM\n{self.tail()}"
        left = self.children()
        assert not left, f"the gateway left processes behind: {left}\n{self.tail()}"

    def children(self):
        """Every living process that a service of this gateway was started as, or that such a process started."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(folder.name)] = command.decode(errors="replace")[:200]
            except OSError:
                continue  # it ended meanwhile, or is another user's
        return found

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait_for_event(self, event, timeout=120, **fields):
        """The first log line with this event and these fields, waiting for it if it has not come yet."""
        end = time.monotonic() + timeout
        looked_at = 0
        with self._news:
            while True:
                for line in self._lines[looked_at:]:
                    if line.get("event") == event and all(line.get(name) == value for name, value in fields.items()):
                        return line
                looked_at = len(self._lines)
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    reason = "ended" if self._ended else f"did not say so within {timeout} s"
                    raise AssertionError(f"waiting for {event} {fields}: the gateway {reason}\n{self.tail()}")
                self._news.wait(left)

    def log_text(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def tail(self, lines=40):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def _read_log(self):
        with open(self.log_file, "w", encoding="utf-8") as copy:
            for text in self.process.stderr:
                copy.write(text)
                copy.flush()
                try:
                    line = json.loads(text)
                except ValueError:
                    line = {"event": None, "text": text}
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()
