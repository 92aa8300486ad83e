"""What Promtail makes of the gateways' lines and of those of containers, looked at in Loki."""
import json
import time

import pytest

from backends import wait_until
from load import of

LABELS = {"service_name", "env", "pool", "mcp_type", "tool_count", "log_type", "container"}
ODD = "quotes \" and \\ \x1b[31mred\x1b[0m \x01 \u00e9 \u2028 \U0001d11e {{.x}} $1"


def lines(loki, query, count=1):
    """At least so many lines: (labels and structured metadata, nanoseconds, text)."""
    def asked():
        found = [(one["stream"], int(at), text) for one in loki.over(query) for at, text in one["values"]]
        return len(found) >= count and found
    return wait_until(asked, f"{count} lines of {query}")


@pytest.fixture
def written(logs, promtail):
    """written(fields...) adds lines to a log of a gateway as if it had said them."""
    def write(*events):
        now = time.time_ns()
        with open(logs / "written.log", "a", encoding="utf-8") as file:
            for number, event in enumerate(events):
                at = now + number * 1000
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 10**9)) + f".{at % 10**9 // 1000:06d}Z"
                file.write(json.dumps({"ts": stamp, "level": "info", "event": "written", "msg": "x", **event}) + "\n")
    return write


def test_the_index_has_the_labels_agreed_on_and_no_other(promtail, loki):
    lines(loki, '{container="mcp-fetch"}')
    lines(loki, '{mcp_type="memory"}')
    for series in loki.series('{service_name="mcp-gateway"}'):
        assert series.keys() <= LABELS, series


def test_a_line_of_a_container_has_what_docker_knows_of_it(promtail, loki):
    labels, _, text = lines(loki, '{container="mcp-fetch"}')[0]
    assert {name: labels.get(name) for name in ("mcp_type", "tool_count", "service_name")} == {
        "mcp_type": "fetch", "tool_count": "3", "service_name": "mcp-gateway"}
    assert json.loads(text)["instance_id"] == "container"


def test_a_line_of_a_gateway_of_many_has_the_service_it_is_about(promtail, loki):
    for name in ("memory", "filesystem", "monitoring"):
        assert {json.loads(text)["server"] for _, _, text in lines(loki, f'{{mcp_type="{name}"}}', 3)} == {name}
    assert not any("server" in json.loads(text) for _, _, text in lines(loki, '{mcp_type="gateway"} |= "gateway.start"'))


def test_what_is_no_name_of_a_service_becomes_no_label(written, loki):
    names = ["", " ", "a b", "x" * 65, ".hidden", 'a"}', "a\nb", 7, None, {"a": 1}]
    written(*({"server": name, "event": "written.odd"} for name in names))
    found = lines(loki, '{service_name="mcp-gateway"} | json event="event" | event="written.odd"', len(names))
    assert {labels["mcp_type"] for labels, _, _ in found} <= {"gateway", "7"}


def test_ids_are_beside_the_line_and_not_in_the_index(written, loki):
    ids = {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "request_id": "r-1", "instance_id": "i-1"}
    written({"server": "memory", "event": "written.ids", "session": "s-1", "principal": "ann", "tool": "echo", **ids})
    labels, _, _ = lines(loki, '{mcp_type="memory"} | trace_id="4bf92f3577b34da6a3ce929d0e0e4736" |= "written.ids"')[0]
    assert {name: labels.get(name) for name in ids} == ids
    assert not labels.keys() & {"session", "principal", "tool"}
    assert not any(series.keys() & ids.keys() for series in loki.series('{service_name="mcp-gateway"}'))


def test_the_kind_of_line_and_where_it_is_from_are_labels(written, loki):
    written(*({"event": "written.kinds", "log_type": kind, "env": "test", "pool": "blue"} for kind in ("app", "audit", "child")))
    found = lines(loki, '{env="test", pool="blue"} |= "written.kinds"', 3)
    assert {labels["log_type"] for labels, _, _ in found} == {"app", "audit", "child"}


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error", "critical"])
def test_loki_finds_the_level_itself(written, loki, level):
    written({"level": level, "event": f"written.{level}"})
    labels, _, _ = lines(loki, f'{{service_name="mcp-gateway"}} | detected_level="{level}" |= "written.{level}"')[0]
    assert "level" not in labels


def test_a_line_has_the_time_at_which_it_was_said(promtail, loki):
    for _, at, text in lines(loki, '{mcp_type="filesystem"}', 10)[:10]:
        stamp = json.loads(text)["ts"]
        whole, _, fraction = stamp.rstrip("Z").partition(".")
        assert at % 10**9 == int(fraction.ljust(9, "0")), stamp
        assert time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 10**9)) == whole


def test_what_a_child_says_arrives_whatever_it_is(promtail, loki, gateway):
    with gateway.http("filesystem", headers=of("ann")) as client:
        client.initialize()
        client.call("stderr", {"lines": 1, "text": "odd: " + ODD})
    _, _, text = lines(loki, '{mcp_type="filesystem"} |= "odd: quotes"')[0]
    event = json.loads(text)
    assert (event["event"], event["server"]) == ("child.stderr", "filesystem")
    said = event["line"]
    assert all(piece in said for piece in ('quotes " and \\', "red", "\u00e9", "\U0001d11e", "{{.x}} $1")), said
