"""Who watches the gateway: real Prometheus, Loki and Promtail, each on a free port of 127.0.0.1."""
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from backends import Backend

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("GRAFANA_CACHE") or HERE / ".cache").resolve()


# Of a container's file; Promtail unpacks what it gets from Docker's API by itself, and knows no label `stream` then.
AS_DOCKER_WRITES = """\
      - match:
          selector: '{container!=""}'
          stages: [{docker: {}}, {labeldrop: [stream]}]
"""


class Refused(Exception):
    """The server found something wrong with the query, and says what."""


def fetched(url, **parameters):
    """The JSON of an answer."""
    query = urllib.parse.urlencode(parameters, doseq=True)
    try:
        with urllib.request.urlopen(f"{url}?{query}", timeout=120) as response:
            return json.load(response)
    except urllib.error.HTTPError as problem:
        raise Refused(problem.read().decode(errors="replace")) from None


class Watcher(Backend):
    """A program with its data and its log in a folder of its own."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}"

    def run(self, *command):
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen([str(part) for part in command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=subprocess.STDOUT, start_new_session=True)

    def answers(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as response:
                return response.status == 200
        except OSError:
            return False

    def is_ready(self):
        return super().is_ready() and self.answers("/ready")

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-3000:]


class Prometheus(Watcher):
    """Debian's, with the recording and alerting rules of compose/, looking once a second."""

    def __init__(self, folder, ports):
        super().__init__(folder)
        rules = [str(file) for file in sorted((ROOT / "compose/prometheus/rules").glob("*.yml"))]
        targets = [f"127.0.0.1:{port}" for port in ports]
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": rules,
            "scrape_configs": [{"job_name": "mcp-gateway", "static_configs": [{"targets": targets}]}]}))

    def begin(self):
        return self.run("prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                        f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn")

    def is_ready(self):
        return Backend.is_ready(self) and self.answers("/-/ready")

    def now(self, expr):
        return fetched(self.url + "/api/v1/query", query=expr)["data"]["result"]

    def over(self, expr, seconds=60, step=1):
        """Series over the last seconds."""
        end = time.time()
        return fetched(self.url + "/api/v1/query_range", query=expr, start=end - seconds, end=end, step=step)["data"]["result"]

    def values(self, label_values):
        """What a variable finds: label_values(selector, label), or query_result(expr) of series with one label."""
        if label_values.startswith("query_result("):
            return sorted(value for one in self.now(label_values[len("query_result("):-1]) for value in one["metric"].values())
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", label_values).groups()
        return fetched(f"{self.url}/api/v1/label/{label}/values", **{"match[]": selector})["data"]


class Loki(Watcher):
    """Loki with the configuration of compose/, in a folder of its own."""

    def __init__(self, folder):
        super().__init__(folder)
        text = (ROOT / "compose/loki/loki.yml").read_text()
        text = text.replace("/loki", str(folder / "data")).replace("http_listen_port: 3100", (
            f"http_listen_address: 127.0.0.1\n  http_listen_port: {self.port}\n  grpc_listen_address: 127.0.0.1\n"
            "  grpc_listen_port: 0"))
        text = text.replace("  replication_factor: 1", "  instance_addr: 127.0.0.1\n  replication_factor: 1")
        (folder / "loki.yml").write_text(text)

    def begin(self):
        return self.run(CACHE / "loki/loki", f"-config.file={self.folder}/loki.yml", "-log.level=warn")

    def now(self, query):
        return fetched(self.url + "/loki/api/v1/query", query=query)["data"]["result"]

    def over(self, query, seconds=300, step=5, limit=1000):
        """Series of a metric query, streams of another, over the last seconds."""
        end = time.time()
        return fetched(self.url + "/loki/api/v1/query_range", query=query, start=f"{end - seconds:.0f}", end=f"{end + 1:.0f}",
                       step=step, limit=limit)["data"]["result"]

    def series(self, selector):
        """The label sets of the streams."""
        return fetched(self.url + "/loki/api/v1/series", **{"match[]": selector, "start": f"{time.time() - 600:.0f}"})["data"]


class Promtail(Watcher):
    """The configuration of promtail/config.yml, but for where Loki is and where lines come from: a container is a file as
    Docker's json-file driver writes it, with what Docker's API would tell of it."""

    def __init__(self, folder, loki, files, containers):
        super().__init__(folder)
        text = (ROOT / "promtail/config.yml").read_text()
        found = re.search(r"    docker_sd_configs:\n(?:      .*\n)+", text)
        targets = "".join(f"      - targets: [localhost]\n        labels: {json.dumps(labels)}\n" for labels in containers)
        for old, new in (
                (found[0], "    static_configs:\n" + targets),
                ("    pipeline_stages: &stages\n", "    pipeline_stages: &stages\n" + AS_DOCKER_WRITES),
                ("http_listen_port: 9080", f"http_listen_address: 127.0.0.1\n  http_listen_port: {self.port}"),
                ("/tmp/positions.yml", str(folder / "positions.yml")),
                ("http://loki:3100", loki.url),
                ("/var/log/mcp-gateway/*.log", str(files))):
            assert text.count(old) == 1, f"promtail/config.yml has not once {old}"
            text = text.replace(old, new)
        (folder / "promtail.yml").write_text(text)

    def begin(self):
        return self.run(CACHE / "promtail/promtail", f"-config.file={self.folder}/promtail.yml", "-log.level=warn",
                        "-server.grpc-listen-address=127.0.0.1")
