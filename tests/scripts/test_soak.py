"""bench/soak: what its judge makes of series that are made up, and of a gateway that is only asked for a moment."""
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))

from soaking import day, judge, operators, report, visitors  # noqa: E402: of the folder above
from soaking.eras import outcome_of  # noqa: E402
from soaking.ledger import Ledger  # noqa: E402

MEMORY, DESCRIPTORS, THREADS = judge.RULES[:3]
BUILD = Path(os.environ.get("MCP_GATEWAY", ROOT / "build" / "mcp-gateway")).resolve().parent


def series(value, samples=1800, days=1.0):
    """`value` of a sample is a function of the day so far and of the dice."""
    chance = random.Random(7)
    return [(days * at / samples, value(days * at / samples, chance)) for at in range(samples)]


def test_noise_is_no_leak():
    trend = judge.judge(MEMORY, series(lambda _, chance: 20 + chance.gauss(0, 0.4)))
    assert trend.is_judged and not trend.is_leak


def test_a_leak_below_the_noise_is_found():
    """A hundred bytes for each of a day's 36,000 sessions, in noise of half a megabyte."""
    trend = judge.judge(MEMORY, series(lambda day, chance: 20 + 3.6 * day + chance.gauss(0, 0.5)))
    assert trend.is_leak and trend.slope_per_day == pytest.approx(3.6, abs=0.3)


def test_caches_that_fill_in_the_first_half_are_no_leak():
    trend = judge.judge(MEMORY, series(lambda day, chance: 20 + 8 * min(day, 0.4) + chance.gauss(0, 0.1)))
    assert not trend.is_leak


def test_a_few_samples_that_are_far_off_change_nothing():
    trend = judge.judge(MEMORY, series(lambda _, chance: 20 + (300 if chance.random() < 0.1 else chance.gauss(0, 0.1))))
    assert not trend.is_leak


def test_a_leak_hides_behind_no_samples_that_are_far_off():
    trend = judge.judge(MEMORY, series(lambda day, chance: 20 + 5 * day - (15 if chance.random() < 0.1 else 0)))
    assert trend.is_leak


def test_one_descriptor_of_every_tenth_crash_is_found():
    trend = judge.judge(DESCRIPTORS, series(lambda day, chance: 12 + chance.randrange(-4, 5) + int(28.8 * day)))
    assert trend.is_leak


def test_descriptors_counted_while_children_come_and_go_are_no_leak():
    assert not judge.judge(DESCRIPTORS, series(lambda _, chance: 12 + 4 * chance.randrange(-2, 3))).is_leak


def test_threads_that_are_left_behind_are_found():
    assert judge.judge(THREADS, series(lambda day, _: 3 + int(8 * day))).is_leak
    assert not judge.judge(THREADS, series(lambda _, __: 3)).is_leak


def test_a_short_run_gives_no_verdict():
    assert not judge.judge(MEMORY, series(lambda day, _: 20 + 100 * day, samples=30, days=0.01)).is_judged


def test_whatever_is_left_after_the_load_is_named_except_memory():
    before = {"resident_mb": 17, "descriptors": 28, "sessions": 0}
    assert judge.left_over(before, {"resident_mb": 30, "descriptors": 29, "sessions": 0}) == {"descriptors": (28, 29)}


def test_every_kind_of_event_can_be_performed():
    assert all(hasattr(visitors, kind) or hasattr(operators, kind) for kind in day.DAY)


def test_the_same_seed_makes_the_same_plan_and_a_part_of_a_day_has_a_part_of_its_events():
    assert day.plan(0.1, 1) == day.plan(0.1, 1) != day.plan(0.1, 2)
    assert day.counts(day.plan(0.1, 1))["visit"] == day.DAY["visit"] / 10
    assert day.counts(day.plan(1, 3)) == day.DAY


ANSWER = {"id": 4, "result": {"content": [{"type": "text", "text": "mine"}]}}


@pytest.mark.parametrize("answer, outcome", [
    (ANSWER, "ok"), ({**ANSWER, "id": 5}, "wrong"), ({**ANSWER, "id": "4"}, "wrong"),
    ({"id": 4, "result": {"content": [{"type": "text", "text": "another's"}]}}, "wrong"),
    ({"id": 4, "error": {"code": -32603, "data": {"reason": "child_exited"}}}, "refused"),
    ({"id": 4, "error": {"code": -32603, "message": "no reason"}}, "wrong")])
def test_an_answer_is_checked_for_the_question_it_answers(answer, outcome):
    assert outcome_of(answer, 4, "mine")[0] == outcome


def test_a_call_that_nobody_followed_to_its_end_is_lost():
    ledger = Ledger(faultless=("calm",), lasting=("calm",))
    for _ in range(3):
        ledger.open()
    ledger.close("calm", "ok")
    ledger.close("crashing", "refused", "killed", "child_exited")
    ledger.foreign("calm", "an answer to nobody")
    page = ledger.page()
    assert (page["calls"], page["answered"], page["lost"], page["wrong"]) == (3, 1, 1, 1)
    assert page["unanswered_where_all_must_be"] == 0


def test_a_service_that_nobody_harms_may_refuse_nothing():
    ledger = Ledger(faultless=("calm",), lasting=("calm", "crashing"))
    for service, outcome in (("calm", "refused"), ("crashing", "ended"), ("crashing", "refused")):
        ledger.open()
        ledger.close(service, outcome, "why")
    assert ledger.broken_promises() == 2 and len(ledger.complaints) == 2


def test_a_moment_of_it_with_a_real_gateway_plays_every_kind_of_event(tmp_path):
    """Its slopes tell nothing, which it says; its answers, and what is left at the end, count. Sessions that are abandoned would
    have to be waited for, or be so short that a machine that stands still ends others."""
    ran = subprocess.run([sys.executable, ROOT / "bench" / "soak", "--build", BUILD, "--minutes", "0.02", "--session-idle", "600",
                          "--without", "abandon", "--output", tmp_path / "result.json"],
                         capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert min(result["events"].values()) >= 1 and set(result["events"]) == set(day.DAY) - {"abandon"}
    assert result["calls"]["answered"] > 50 and result["calls"]["complaints"] == []
    assert {each["verdict"] for each in result["slopes"].values()} == {"too short to tell"}
    assert report.summary(result).endswith("\npassed")
