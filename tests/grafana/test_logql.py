"""Every LogQL of the dashboards, asked of a real Loki that a real Promtail feeds."""

import pytest

import board_files
from backends import wait_until


@pytest.mark.parametrize("query", board_files.asked("loki"), ids=lambda query: query.name)
def test_a_panel_shows_lines_or_numbers(promtail, loki, query):
    expr = board_files.filled_in(query.expr)
    ask = loki.now if query.is_instant else loki.over
    if board_files.may_be_empty(query):
        ask(expr)
    else:
        wait_until(lambda: ask(expr), f"data for {expr}")
