"""Every LogQL of the dashboards, asked of a real Loki that a real Promtail feeds."""

import re

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


def queries_of_the_docs():
    """What docs/ gives readers to paste, with names put in."""
    found = [query for file in ("runbook.md", "dashboards.md", "metrics.md", "deploy.md")
             for query in re.findall(r"`(\{service_name=[^`]*)`", (board_files.ROOT / "docs" / file).read_text())]
    return sorted({query.replace("\\|", "|").replace("NAME", "filesystem") for query in found if "=…" not in query})


@pytest.mark.parametrize("query", queries_of_the_docs())
def test_a_query_of_the_docs_is_understood(loki, query):
    loki.over(query)
