"""MCP's official conformance suite, through the gateway and without it."""

import suite

# Scenarios that a revision does not require, but that pass all the same.
EXTRA_2025_11_25 = {"json-schema-2020-12", "server-session-lifecycle"}
EXTRA_2026_07_28 = {"json-schema-2020-12", "http-header-validation", "http-custom-header-server-validation"}


def test_the_server_passes_without_a_gateway_what_2025_11_25_requires(url_without_gateway, tmp_path):
    verdict = suite.run(url_without_gateway, "2025-11-25", "none.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= EXTRA_2025_11_25, verdict.output


def test_the_server_passes_without_a_gateway_what_2026_07_28_requires(url_without_gateway, tmp_path):
    verdict = suite.run(url_without_gateway, "2026-07-28", "none.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= EXTRA_2026_07_28, verdict.output


def test_a_child_of_a_session_passes_what_2025_11_25_requires(gateway, tmp_path):
    verdict = suite.run(gateway.url("session", "http"), "2025-11-25", "none.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= EXTRA_2025_11_25, verdict.output


def test_a_shared_child_passes_what_2025_11_25_requires_except_questions_to_the_client(gateway, tmp_path):
    verdict = suite.run(gateway.url("shared", "http"), "2025-11-25", "shared-2025-11-25.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= EXTRA_2025_11_25, verdict.output


def test_a_shared_child_with_sessions_passes_what_2026_07_28_requires_except_questions_to_the_client(gateway, tmp_path):
    verdict = suite.run(gateway.url("shared", "http"), "2026-07-28", "2026-07-28.yml", tmp_path)
    assert verdict.as_expected, verdict.output
    assert verdict.passed >= {"json-schema-2020-12", "http-header-validation"}, verdict.output


def test_a_child_with_sessions_passes_what_2026_07_28_requires_except_names_of_questions(gateway, tmp_path):
    verdict = suite.run(gateway.url("session", "http"), "2026-07-28", "session-2026-07-28.yml", tmp_path)
    assert verdict.as_expected, verdict.output
    assert verdict.passed >= EXTRA_2026_07_28, verdict.output


def test_a_child_spoken_to_in_2026_07_28_passes_what_2026_07_28_requires(gateway, tmp_path):
    verdict = suite.run(gateway.url("modern", "http"), "2026-07-28", "none.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= {"json-schema-2020-12", "http-header-validation"}, verdict.output


def test_a_child_spoken_to_in_2026_07_28_passes_what_2025_11_25_requires_although_it_is_shared(gateway, tmp_path):
    verdict = suite.run(gateway.url("modern", "http"), "2025-11-25", "none.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= EXTRA_2025_11_25, verdict.output


def test_a_group_of_one_passes_what_2025_11_25_requires(gateway, tmp_path):
    verdict = suite.run(gateway.url("group_of_session", "http"), "2025-11-25", "none.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= EXTRA_2025_11_25, verdict.output


def test_a_group_of_one_passes_what_2026_07_28_requires(gateway, tmp_path):
    verdict = suite.run(gateway.url("group_of_modern", "http"), "2026-07-28", "none.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= {"json-schema-2020-12", "http-header-validation"}, verdict.output


def test_a_group_of_one_shared_child_passes_what_2025_11_25_requires_except_questions_to_the_client(gateway, tmp_path):
    verdict = suite.run(gateway.url("group_of_shared", "http"), "2025-11-25", "shared-2025-11-25.yml", tmp_path)
    assert verdict.as_expected and verdict.passed >= EXTRA_2025_11_25, verdict.output
