"""What bench/run measures, and what it makes of the figures."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from measuring import figures_drawn, tables, targets  # noqa: E402
from measuring.peers import all_peers  # noqa: E402
from measuring.programs import TRANSPORTS, Launch  # noqa: E402
from measuring.results import Results  # noqa: E402
from measuring.scenarios import all_scenarios  # noqa: E402

MACHINE = {"cores": 2, "cpu": "cpu", "memory_gb": 1, "kernel": "6", "compiler": "c++"}


def scenario(name):
    return next(each for each in all_scenarios() if each.name == name)


FIGURES = {"calls_per_second": 1, "cpu_us_per_call": 1, "p50_us": 1, "wrong": 0, "failed": 0}


def results_of(rows, peers=()):
    results = Results({"date": "2026-01-01", "machine": MACHINE, "rounds": 1, "seconds": 1,
                       "peers": [{"name": name, "version": "1", "problem": None} for name in peers]})
    for (name, program), figures in rows.items():
        results.add(name, program, FIGURES | figures)
    return results


def target(results, what):
    return next(each for each in targets.all_targets(results) if each.what == what)


@pytest.mark.parametrize("sessions", [1, 4, 16, 64, 256])
def test_the_floor_is_measured_beside_the_gateway_at_each_number_of_sessions(sessions):
    programs = [program.name for program in scenario(f"sse {sessions}").all_programs([])]
    assert programs[:2] == ["floor", "gateway"]


def test_only_peers_that_serve_the_stateless_revision_are_measured_with_it():
    measured = {program.name for program in scenario("stateless 64").all_programs(all_peers())}
    assert "gateway" in measured and "fastmcp" in measured
    assert "supergateway" not in measured and "floor" not in measured


def test_every_scenario_has_a_transport_of_the_load():
    assert {each.transport for each in all_scenarios()} == set(TRANSPORTS)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_peer_is_started_on_the_port_and_with_the_child_it_is_given(tmp_path, transport):
    for peer in all_peers():
        if transport not in peer.transports:
            continue
        words = [str(word) for word in peer.command(Launch(tmp_path, tmp_path, 4711, transport, ("/bin/child", "an argument")))]
        everything = " ".join(words + [file.read_text() for file in tmp_path.iterdir()])
        assert "4711" in everything and "/bin/child" in everything, peer.name


def test_the_stateless_calls_are_judged_by_those_of_a_session():
    results = results_of({("http 64", "gateway"): {"cpu_us_per_call": 10}, ("stateless 64", "gateway"): {"cpu_us_per_call": 12}})
    judged = target(results, "stateless HTTP, 64 clients: CPU per call")
    assert judged.reached == "1.20" and judged.met is False


def test_a_peer_that_answers_wrongly_is_not_the_best():
    rows = {("sse 64", "gateway"): {"calls_per_second": 100}, ("sse 64", "fastmcp"): {"calls_per_second": 10},
            ("sse 64", "contextforge"): {"calls_per_second": 50, "wrong": 1}}
    judged = target(results_of(rows, ["fastmcp", "contextforge"]), "calls/s, 64 sessions")
    assert judged.reached == "SSE 10.00 (fastmcp)"


def test_tables_and_charts_show_the_stateless_transport():
    rows = {("stateless 64", "gateway"): {"calls_per_second": 1234.0, "cpu_us_per_call": 9.0},
            ("stateless 64", "fastmcp"): {"calls_per_second": 99.0, "cpu_us_per_call": 90.0}}
    results = results_of(rows, ["fastmcp"])
    assert "| FastMCP's proxy (Python) | stateless HTTP |" in tables.peers(results)
    assert "stateless HTTP (2026-07-28)" in figures_drawn.all_charts(results)["calls"]
