"""What watches gateways in the live tests: a real Prometheus, a real Alertmanager, and the webhook that hears of alerts."""
import json
import os
import re
import subprocess
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import scaled
from rules import ROOT, program
from waiting import free_port, wait_until

PATIENCE = 300  # seconds, on a busy machine
SENDING = 600  # how many times faster Alertmanager's times are


def ask(url):
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return json.load(answer)


def until(condition, what):
    return wait_until(condition, what, PATIENCE)


class Webhook:
    """Keeps what Alertmanager sends. /people is for people, /heartbeat for the watchdog."""

    def __init__(self):
        self.changed = threading.Condition()
        self.heard = []  # (path, alert)
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with webhook.changed:
                    webhook.heard += [(self.path, alert) for alert in sent["alerts"]]
                    webhook.changed.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def find(self, status, name, labels, path="/people"):
        return [alert for where, alert in self.heard if where == path and alert["status"] == status
                and {"alertname": name, **labels}.items() <= alert["labels"].items()]

    def wait(self, status, name, path="/people", **labels):
        """The first alert that came with this status and these labels."""
        with self.changed:
            came = self.changed.wait_for(lambda: self.find(status, name, labels, path), PATIENCE)
            assert came, f"{name} {labels} did not come as {status} within {PATIENCE} s; {self.what_came()}"
            return came[0]

    def what_came(self):
        return sorted({(alert["labels"]["alertname"], alert["labels"].get("server", ""), alert["status"]) for _, alert in self.heard})

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Program:
    """A server of others, as a process of ours, on a port of 127.0.0.1."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.process = None

    def start(self, name, *arguments):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.process = subprocess.Popen([program(name), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, start_new_session=True)
        until(self.is_ready, name)

    def is_ready(self):
        assert self.process.poll() is None, f"it ended with {self.process.returncode}; see {self.folder}"
        try:
            with urllib.request.urlopen(self.url + "/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)


class Alertmanager(Program):
    """Debian's, on the configuration that compose/alertmanager/start makes, in a hurry."""

    def __init__(self, folder, webhook):
        super().__init__(folder)
        variables = {"ALERT_WEBHOOK_URL": webhook.url + "/people", "ALERT_HEARTBEAT_URL": webhook.url + "/heartbeat"}
        made = subprocess.run([ROOT / "compose" / "alertmanager" / "start", "--print"], env={"PATH": os.environ["PATH"], **variables},
                              check=True, capture_output=True, text=True).stdout
        configuration = folder / "alertmanager.yml"
        configuration.write_text(re.sub(r"^( +(?:group_wait|group_interval|repeat_interval): )(\w+)",
                                        lambda found: found[1] + scaled.shorter(found[2], SENDING), made, flags=re.M))
        self.start("prometheus-alertmanager", f"--config.file={configuration}", f"--storage.path={folder / 'alertmanager'}",
                   f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=")

    def knows(self, name, **labels):
        """What is shown on its page, sent or not."""
        return [alert for alert in ask(self.url + "/api/v2/alerts")
                if {"alertname": name, **labels}.items() <= alert["labels"].items()]


class Prometheus(Program):
    """Debian's, on compose/prometheus/prometheus.yml and the rules with shorter times. `watch` is what it scrapes."""

    def __init__(self, folder, alertmanager):
        super().__init__(folder)
        rules = folder / "rules"
        rules.mkdir()
        scaled.write(rules)
        self.targets = folder / "targets.yml"
        self.ports = []
        self.watch()
        text = (ROOT / "compose" / "prometheus" / "prometheus.yml").read_text()
        for ours, here in {"scrape_interval: 15s": "scrape_interval: 1s", "evaluation_interval: 15s": "evaluation_interval: 1s",
                           "/etc/prometheus/rules": str(rules), "/etc/prometheus/targets.yml": str(self.targets),
                           "alertmanager:9093": f"127.0.0.1:{alertmanager.port}", "127.0.0.1:9090": f"127.0.0.1:{self.port}"}.items():
            assert ours in text, f"prometheus.yml does not have {ours}"
            text = text.replace(ours, here)
        configuration = folder / "prometheus.yml"
        configuration.write_text(text)
        self.start("prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}",
                   f"--web.listen-address=127.0.0.1:{self.port}")

    def watch(self, *ports):
        self.ports += ports
        self.write_targets(self.ports)

    def forget(self, port):
        self.ports.remove(port)
        self.watch()

    def watch_nothing(self):
        self.write_targets([])

    def write_targets(self, ports):
        new = self.targets.with_suffix(".new")
        new.write_text("".join(f'- {{targets: ["127.0.0.1:{port}"], labels: {{mcp_type: test}}}}\n' for port in ports))
        new.rename(self.targets)

    def query(self, expression):
        found = ask(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression}))["data"]["result"]
        return [float(one["value"][1]) for one in found]

    def has_scraped(self, port):
        until(lambda: self.query(f'up{{instance="127.0.0.1:{port}"}} == 1'), f"a scrape of port {port}")


class Page:
    """A page of metrics as a gateway with a fault would show them, for faults that no gateway can be brought to."""

    def __init__(self):
        self.lines = ""
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = page.lines.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Repeated:
    """Does something again and again, until it is told to stop. A refused connection is what some of it is about."""

    def __init__(self, action, pause):
        self.action, self.pause = action, pause
        self.over = threading.Event()
        self.problem = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.over.wait(self.pause):
            try:
                self.action()
            except (OSError, AssertionError) as problem:  # what it meets is told when an alert does not come
                self.problem = problem

    def stop(self):
        self.over.set()
        self.thread.join(30)
