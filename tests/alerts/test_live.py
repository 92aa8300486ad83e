"""Faults of running gateways become alerts at a webhook: a real Prometheus, a real Alertmanager, the rules with shorter times.

All faults are there at once; each test waits for its alert. Then all are taken away, and each alert has to be resolved.
"""
import pytest
from faults import Faults
from rules import alerts
from watching import Alertmanager, Prometheus, Webhook, until

# Alert to the labels it comes with.
FAULTS = {
    "McpServerDown": {"server": "looping"}, "McpChildRestartLoop": {"server": "looping"}, "McpReplicaDown": {"server": "two"},
    "McpChildRestarting": {"server": "dying"}, "McpProbeFailing": {"server": "probed"}, "McpToolsMissing": {"server": "lacking"},
    "McpErrorRateCritical": {"server": "failing"}, "McpSloBurnFast": {"server": "failing"}, "McpSloBurnMedium": {"server": "failing"},
    "McpErrorRateHigh": {"server": "sometimes"}, "McpSloBurnSlow": {"server": "seldom"},
    "McpLatencyP95High": {"server": "fetch"}, "McpLatencyP95Critical": {"server": "slow"}, "McpLatencyP99High": {"server": "tail"},
    "McpCallsQueueing": {"server": "queueing"}, "McpRequestsRejected": {"server": "full", "reason": "queue_full"},
    "McpChildMemoryHigh": {"server": "large"}, "McpToolDrift": {"server": "drifting"},
    "McpSessionLimitNear": {}, "McpSlowConsumers": {}, "McpMalformedRequests": {}, "McpAuthFailures": {},
    "McpFdNearLimit": {}, "McpConnectionsRefused": {}, "McpLogDropping": {},
    "McpGatewayDown": {}, "McpGatewayRestarting": {}, "McpDrainStuck": {}, "McpEventLoopLag": {},
    "McpSessionLeak": {"server": "leaky"}, "McpSessionsWithoutStream": {"server": "streamless"},
    "McpMemoryHigh": {}, "McpCPUHigh": {}, "McpChildCPUHigh": {"server": "spinning"}, "McpConnectionLimitNear": {},
    "McpTraceDropping": {}, "McpCircuitOpen": {"server": "broken"}, "McpPinnedToolsDrifted": {"server": "unreviewed"},
    "McpCertificateExpiring": {}, "McpConfigRefused": {},
}

# Shown by Alertmanager, and sent to nobody.
SHOWN = {"McpServerUnavailable": {"server": "absent"}, "McpChildStderrFlood": {"server": "loud"}}

# With tests of their own below.
APART = {"McpAuthBruteForce", "McpMemoryCritical", "McpNoTraffic", "McpGatewayMissing", "McpWatchdog", "McpVersionSkew"}

NOT_HERE = {
    "McpToolErrorIncrease": "compares with yesterday", "McpLatencyRegression": "compares with yesterday",
    "McpSessionGrowth": "compares with yesterday", "McpMemoryLeakSuspected": "takes half a day",
    "McpGatewayOverheadHigh": "needs a machine that is too slow",
}

# Resolved only hours after the fault, also when hours are shorter.
LONG_AFTER = {"McpSloBurnMedium", "McpSloBurnSlow"}
# Stays as long as its gateway.
STAY = {"McpServerUnavailable"}


def can_be_silenced(name):
    """By a critical alert of its topic, which may come first on a slow machine. Then only Alertmanager's page tells of it."""
    return "topic" in alerts()[name].labels and alerts()[name].labels["severity"] != "critical"


def test_every_alert_is_here_or_it_is_said_why_not():
    lists = [FAULTS.keys(), SHOWN.keys(), APART, NOT_HERE.keys()]
    assert sorted(name for names in lists for name in names) == sorted(alerts())


@pytest.fixture(scope="module")
def webhook():
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory, webhook):
    alertmanager = Alertmanager(tmp_path_factory.mktemp("alertmanager"), webhook)
    yield alertmanager
    alertmanager.stop()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory, alertmanager):
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), alertmanager)
    yield prometheus
    prometheus.stop()


@pytest.fixture(scope="module")
def faults(prometheus):
    faults = Faults(prometheus)
    yield faults
    faults.end()


@pytest.fixture(scope="module")
def healed(faults):
    faults.heal()
    return faults


def test_the_heartbeat_is_sent_on_its_own_way(faults, webhook):
    webhook.wait("firing", "McpWatchdog", path="/heartbeat")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_arrives(faults, webhook, alertmanager, name):
    if can_be_silenced(name):
        alert = until(lambda: webhook.find("firing", name, FAULTS[name]) or alertmanager.knows(name, **FAULTS[name]), name)[0]
    else:
        alert = webhook.wait("firing", name, **FAULTS[name])

    assert alert["labels"]["severity"] == alerts()[name].labels["severity"]
    assert "runbook" not in alert["labels"]
    told = alert["annotations"]
    assert told["runbook_url"] == f"docs/runbook.md#{name.lower()}"
    assert not any(bad in told["summary"] + told["description"] for bad in ("<no value>", "<error", "{{", "NaN")), told


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_only_worth_knowing_is_shown_and_not_sent(faults, alertmanager, webhook, name):
    until(lambda: alertmanager.knows(name, **SHOWN[name]), name)

    assert not webhook.find("firing", name, {})


def test_a_guess_of_tokens_is_critical(faults, webhook):
    faults.knock_often()

    webhook.wait("firing", "McpAuthBruteForce", severity="critical")


def test_memory_becomes_critical(faults, webhook):
    faults.show(memory=1.9)

    webhook.wait("firing", "McpMemoryCritical")


def test_a_service_that_is_well_is_not_told(faults, webhook):
    told = {alert["labels"]["alertname"] for _, alert in webhook.heard if alert["labels"].get("server") == "healthy"}

    # A busy machine makes every service slow.
    assert not {name for name in told if not name.startswith(("McpLatency", "McpGatewayOverhead", "McpCallsQueueing"))}


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in LONG_AFTER])
def test_without_the_fault_it_is_resolved(healed, webhook, alertmanager, name):
    if can_be_silenced(name):
        until(lambda: not alertmanager.knows(name, **FAULTS[name]), f"{name} to go")
    else:
        webhook.wait("resolved", name, **FAULTS[name])


@pytest.mark.parametrize("name", [name for name in SHOWN if name not in STAY])
def test_without_the_fault_it_is_no_longer_shown(healed, alertmanager, name):
    until(lambda: not alertmanager.knows(name, **SHOWN[name]), f"{name} to go")


def test_two_versions_are_shown(healed, alertmanager):
    until(lambda: alertmanager.knows("McpVersionSkew"), "McpVersionSkew")


def test_silence_after_traffic_is_told(healed, webhook):
    webhook.wait("firing", "McpNoTraffic")


def test_that_nothing_is_watched_is_told(healed, prometheus, webhook):
    prometheus.watch_nothing()

    webhook.wait("firing", "McpGatewayMissing")
