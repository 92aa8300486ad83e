"""The rules and Alertmanager's configuration, judged by Prometheus' own tools."""
import os
import re
import subprocess

import pytest
from cases import CASES
from promtool_files import FILES, files
from rules import ROOT, RULES, alerts, program

CONFIGURATION = ROOT / "compose" / "prometheus" / "prometheus.yml"
START = ROOT / "compose" / "alertmanager" / "start"
EVERY_RECEIVER = {
    "ALERT_WEBHOOK_URL": "http://127.0.0.1/it's", "ALERT_SLACK_URL": "https://hooks.slack.com/services/a",
    "ALERT_EMAIL_TO": "ops@example.com", "ALERT_SMTP_HOST": "mail.example.com:587", "ALERT_SMTP_FROM": "mcp@example.com",
    "ALERT_SMTP_USER": "mcp", "ALERT_SMTP_PASSWORD": "a 'secret': #1", "ALERT_HEARTBEAT_URL": "https://example.com/beat",
}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)


def accepted(ran):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_promtool_finds_nothing_to_say_of_the_rules():
    said = accepted(run(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *sorted(RULES.glob("*.yml"))))
    assert said.count("SUCCESS") == len(list(RULES.glob("*.yml")))


def test_promtool_accepts_the_configuration():
    accepted(run(program("promtool"), "check", "config", "--syntax-only", CONFIGURATION))


def test_the_files_of_tests_are_those_of_the_table():
    wanted = files()
    assert {path: path.read_text() for path in FILES.glob("*.yml")} == wanted, "run tests/alerts/promtool_files.py"


def test_every_alert_has_a_file_of_tests():
    assert {path.stem for path in FILES.glob("*.yml")} == alerts().keys()


@pytest.mark.parametrize("name", sorted(alerts()))
def test_fires_and_is_silent_as_the_table_says(name):
    accepted(run(program("promtool"), "test", "rules", FILES / f"{name}.yml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_texts_speak_only_of_labels_the_alert_has(case):
    alert = alerts()[case.alert]
    spoken_of = set(re.findall(r"\$labels\.(\w+)", " ".join(alert.annotations.values())))

    assert spoken_of <= {*case.told.split(), *case.more, *alert.labels}


# --- Alertmanager


def configuration(tmp_path, variables):
    written = tmp_path / "alertmanager.yml"
    environment = {"PATH": os.environ["PATH"], **variables}
    written.write_text(accepted(run(START, "--print", env=environment)))
    return written


@pytest.mark.parametrize("names", [[], ["ALERT_WEBHOOK_URL"], ["ALERT_SLACK_URL"], ["ALERT_HEARTBEAT_URL"],
                                   ["ALERT_EMAIL_TO", "ALERT_SMTP_HOST", "ALERT_SMTP_FROM"], list(EVERY_RECEIVER)], ids=len)
def test_alertmanager_accepts_what_is_made_of_the_variables(tmp_path, names):
    written = configuration(tmp_path, {name: EVERY_RECEIVER[name] for name in names})

    accepted(run(program("amtool"), "check-config", written))

    kinds = {"ALERT_WEBHOOK_URL": "webhook_configs", "ALERT_SLACK_URL": "slack_configs", "ALERT_EMAIL_TO": "email_configs"}
    people = written.read_text().split("- name: people")[1]
    assert {kind for kind in kinds.values() if kind in people} == {kind for name, kind in kinds.items() if name in names}


def test_email_without_a_server_is_refused_with_a_sentence():
    ran = run(START, "--print", env={"PATH": os.environ["PATH"], "ALERT_EMAIL_TO": "ops@example.com"})

    assert ran.returncode != 0 and "ALERT_SMTP_HOST" in ran.stderr


@pytest.mark.parametrize("labels, receiver", [
    ("alertname=McpGatewayDown severity=critical", "people"), ("alertname=McpErrorRateHigh severity=warning", "people"),
    ("alertname=McpVersionSkew severity=info", "nobody"), ("alertname=McpWatchdog severity=none", "heartbeat"),
    ("alertname=OfAnotherTeam", "people")])
def test_an_alert_goes_to(labels, receiver):
    file = START.with_name("alertmanager.yml")
    accepted(run(program("amtool"), "config", "routes", "test", f"--config.file={file}", f"--verify.receivers={receiver}",
                 *labels.split()))


def test_every_severity_has_a_route():
    assert {alert.labels["severity"] for alert in alerts().values()} == {"critical", "warning", "info", "none"}
