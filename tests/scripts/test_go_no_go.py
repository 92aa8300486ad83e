"""The papers of a release: scripts/render, scripts/go-no-go and scripts/baseline, with made-up files and a gateway that is asked."""
import json
import os
import re
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "system"))
from gateway_under_test import Gateway, echo  # noqa: E402: of the folder above

TEMPLATES = ROOT / "deploy" / "templates"
EXAMPLE = json.loads((TEMPLATES / "values.example.json").read_text())
NAMES = sorted(path.stem for path in TEMPLATES.glob("*.md"))
GOOD = {"requests": 100, "failed": 0, "error_rate": 0.0, "p50": 5.0, "p95": 20.0, "p99": 40.0, "per_second": 1000.0}


def run(script, *arguments):
    return subprocess.run([ROOT / "scripts" / script, *map(str, arguments)], capture_output=True, text=True, timeout=600, check=False,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write_file


# --- templates


@pytest.mark.parametrize("name", NAMES)
def test_the_example_fills_in_every_template(name):
    ran = run("render", name, TEMPLATES / "values.example.json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() and "{{" not in ran.stdout


def test_the_example_has_no_value_that_no_template_uses():
    used = {name for path in TEMPLATES.glob("*.md") for name in re.findall(r"\{\{(\w+)\}\}", path.read_text())}
    assert used == set(EXAMPLE)


def test_all_values_that_are_missing_are_named_in_one_error(write):
    values = {name: value for name, value in EXAMPLE.items() if name not in ("rolled_back", "contact")}
    ran = run("render", "notice-rollback", write("values.json", {**values, "rollback_reason": ""}))
    assert ran.returncode == 1 and ran.stdout == ""
    assert "has no values for rolled_back, rollback_reason, contact" in ran.stderr and ran.stderr.count("\n") == 1


def test_a_list_becomes_bullet_points_where_it_stands_alone_and_words_where_it_does_not(write):
    values = write("values.json", {**EXAMPLE, "changes": ["one", "{{summary}}"], "participants": ["anna", "bert"]})
    assert "\n- one\n- {{summary}}\n" in run("render", "notice-complete", values).stdout
    assert "with anna, bert." in run("render", "retrospective", values).stdout


def test_those_that_can_be_written_are_and_the_others_are_named(write, tmp_path):
    values = write("values.json", {name: value for name, value in EXAMPLE.items() if name != "started"})
    ran = run("render", "--all", tmp_path / "papers", values)
    assert "notice-start: not written; without values are started" in ran.stderr
    assert sorted(path.stem for path in (tmp_path / "papers").iterdir()) == [name for name in NAMES if name != "notice-start"]


@pytest.mark.parametrize("content, why", [("{", "line 1"), ("[]", "expected an object"), ('{"date": {}}', "date")])
def test_values_that_are_none_are_refused(content, why, write):
    ran = run("render", "sign-off", write("values.json", content))
    assert ran.returncode == 1 and why in ran.stderr


# --- baseline


def record(**changed):
    return {"version": "1", "path": "/echo/mcp", "tool": "echo", "clients": 20,
            "figures": {what: {**GOOD, **changed.get(what.replace("/", "_"), {})} for what in ("health", "tools/list", "tools/call")}}


def test_equal_records_are_no_regression(write):
    ran = run("baseline", "compare", write("before.json", record()), write("now.json", record()))
    assert ran.returncode == 0 and "at least 95% of the baseline, in all 15 figures" in ran.stdout


@pytest.mark.parametrize("changed, figure", [
    ({"p99": 42.2}, "p99"), ({"per_second": 949.0}, "per_second"), ({"error_rate": 0.002}, "error_rate")])
def test_less_than_95_percent_of_the_baseline_is_a_regression(changed, figure, write):
    ran = run("baseline", "compare", write("before.json", record()), write("now.json", record(tools_call=changed)))
    assert ran.returncode == 1
    assert re.search(rf"tools/call +{figure} .*REGRESSION", ran.stdout) and ran.stdout.count("REGRESSION") == 1


@pytest.mark.parametrize("changed", [{"p99": 42.0}, {"per_second": 951.0}, {"p50": 5.9}, {"error_rate": 0.001}])
def test_what_is_within_95_percent_or_within_the_noise_is_none(changed, write):
    assert run("baseline", "compare", write("before.json", record()), write("now.json", record(tools_call=changed))).returncode == 0


def test_a_figure_that_is_missing_is_a_regression(write):
    now = record()
    del now["figures"]["tools/list"]
    ran = run("baseline", "compare", write("before.json", record()), write("now.json", now))
    assert ran.returncode == 1 and ran.stdout.count("REGRESSION") == 5


def test_records_of_another_load_are_noted(write):
    ran = run("baseline", "compare", write("before.json", record()), write("now.json", {**record(), "clients": 1}))
    assert "clients was 20, and is 1" in ran.stdout


@pytest.mark.parametrize("content", ["", "{}", '{"figures": {"health": {}}}'])
def test_a_file_that_is_no_record_is_an_error_of_its_own(content, write):
    assert run("baseline", "compare", write("before.json", content), write("now.json", record())).returncode == 2


def test_a_running_gateway_is_recorded(write):
    running = Gateway({"echo": echo()})
    ran = run("baseline", "record", f"http://127.0.0.1:{running.port}/echo/mcp", "--tool", "echo", "--arguments", '{"text":"x"}',
              "--requests", "60", "--clients", "3")
    failing = run("baseline", "record", f"http://127.0.0.1:{running.port}/echo/mcp", "--tool", "no such tool", "--requests", "6",
                  "--clients", "3")
    running.stop()
    made = json.loads(ran.stdout)
    assert made["version"] and {each["failed"] for each in made["figures"].values()} == {0}
    assert all(0 < each["p50"] <= each["p95"] <= each["p99"] for each in made["figures"].values())
    assert json.loads(failing.stdout)["figures"]["tools/call"]["error_rate"] == 1


# --- go or no-go


@pytest.fixture
def health():
    """A page that a test can change, and its URL."""
    page = {"status": "HEALTHY", "version": "0.2.0", "servers": {"echo": {"status": "HEALTHY", "tools": 3}}}

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield page, f"http://127.0.0.1:{server.server_port}/health"
    server.shutdown()
    server.server_close()


def done(days_ago=1, **changed):
    return {"at": (datetime.now(timezone.utc) - timedelta(days=days_ago)).isoformat(), "seconds": 90, "succeeded": True, **changed}


PASSED = '<testsuites><testsuite tests="9" failures="0" errors="0" skipped="1"/></testsuites>'


@pytest.fixture
def decide(write, health):
    """decide(option=content) runs it with files that are right but for these; None leaves one out. Name to (passed, why), and go."""
    def decide_with(**changed):
        files = {"tests": PASSED, "record": record(), "baseline": record(), "soak": {"passed": True, "days": 1, "minutes": 30},
                 "rehearsal": {"rollback": done(), "restore": done()}, "tools": {"echo": 3}, **changed}
        options = [word for name, content in files.items() if content is not None for word in (f"--{name}", write(name, content))]
        ran = run("go-no-go", "--version", "0.2.0", "--health", health[1], "--json", *options)
        said = json.loads(ran.stdout)
        assert ran.returncode == (0 if said["go"] else 1), ran.stderr
        return {each["check"]: (each["passed"], each["why"]) for each in said["checks"]}, said["go"]

    return decide_with


def test_it_is_a_go_when_every_check_passes_and_people_are_named(decide, health, write):
    checks, go = decide()
    assert go and len(checks) == 9, checks
    ran = run("go-no-go", "--version", "0.2.0", "--health", health[1])
    assert ran.returncode == 1 and "NO  tests        not given" in ran.stdout and "[ ] QA lead" in ran.stdout and "0.2.0: no-go" in ran.stdout


@pytest.mark.parametrize("left_out, without", [("tests", "tests"), ("record", "performance"), ("baseline", "baseline"), ("soak", "soak"),
                                               ("rehearsal", "rollback"), ("tools", "tools")])
def test_a_check_whose_file_is_not_given_has_not_passed(left_out, without, decide):
    checks, go = decide(**{left_out: None})
    assert not go and checks[without] == (False, "not given")


@pytest.mark.parametrize("changed, check, why", [
    ({"tests": PASSED.replace('failures="0"', 'failures="2"')}, "tests", "2 failed"),
    ({"tests": PASSED.replace('tests="9"', 'tests="1"')}, "tests", "none was run"),
    ({"tests": "<"}, "tests", "cannot read"),
    ({"record": record(health={"p99": 61})}, "performance", "health p99 61, at most 60"),
    ({"record": {"figures": {}}}, "performance", "was not measured"),
    ({"record": record(tools_call={"per_second": 900})}, "baseline", "tools/call per_second: 900, before 1000"),
    ({"record": "{"}, "performance", "cannot read"),
    ({"soak": {"passed": False, "problems": ["threads: 3 before the load, 4 after it"]}}, "soak", "threads: 3"),
    ({"rehearsal": {"rollback": done(31), "restore": done()}}, "rollback", "not within 30 days"),
    ({"rehearsal": {"rollback": done(-1), "restore": done()}}, "rollback", "not within 30 days"),
    ({"rehearsal": {"rollback": done(seconds=901), "restore": done()}}, "rollback", "more than 900"),
    ({"rehearsal": {"rollback": done()}}, "restore", "not rehearsed"),
    ({"rehearsal": {"rollback": done(succeeded="yes"), "restore": done()}}, "rollback", "not rehearsed"),
    ({"tools": {"echo": 4}}, "tools", "echo lists 3, not 4"),
    ({"tools": {"other": 1}}, "tools", "other lists none"),
])
def test_a_check_that_does_not_pass_is_a_no_go_and_says_why(changed, check, why, decide):
    checks, go = decide(**changed)
    assert not go and checks[check][0] is False and why in checks[check][1], checks


@pytest.mark.parametrize("changed, check, why", [
    ({"version": "0.1.0"}, "version", "it runs 0.1.0, not 0.2.0"),
    ({"status": "DEGRADED", "servers": {"echo": {"status": "UNHEALTHY", "tools": 3}}}, "health", "DEGRADED: echo")])
def test_a_gateway_that_is_not_what_it_should_be_is_a_no_go(changed, check, why, decide, health):
    health[0].update(changed)
    checks, go = decide()
    assert not go and checks[check] == (False, why)


def test_a_gateway_that_does_not_answer_is_a_no_go():
    ran = run("go-no-go", "--version", "0.2.0", "--health", "http://127.0.0.1:1/health")
    assert ran.returncode == 1 and re.search(r"NO +health +http://127", ran.stdout)
