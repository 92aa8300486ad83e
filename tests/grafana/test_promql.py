"""Every PromQL of every panel, variable and annotation, asked of a real Prometheus that watches real gateways under load."""
import pytest

import board_files
from backends import wait_until
from board_files import MAY_BE_EMPTY

QUERIES = board_files.asked("prometheus")


def has_values(series):
    """Numbers, not only NaN (what a share of nothing is)."""
    return any(value != "NaN" for one in series for _, value in one.get("values", [one.get("value")]))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_panel_shows_something_under_load(prometheus, query):
    expr = board_files.filled_in(query.expr)
    ask = prometheus.now if query.is_instant else prometheus.over
    if board_files.may_be_empty(query):
        ask(expr)
    else:
        wait_until(lambda: has_values(ask(expr)), f"data for {expr}")


@pytest.mark.parametrize("board, name, query", board_files.variables())
def test_a_variable_finds_values(prometheus, board, name, query):
    if f"{board}/${name}" in MAY_BE_EMPTY:
        prometheus.values(board_files.filled_in(query))
    else:
        wait_until(lambda: prometheus.values(board_files.filled_in(query)), f"values for {name}")


@pytest.mark.parametrize("board, name, query", board_files.annotations())
def test_an_annotation_finds_events(prometheus, board, name, query):
    if any(word in query for word in board_files.awaited()):
        prometheus.over(board_files.filled_in(query))
        return
    wait_until(lambda: has_values(prometheus.over(board_files.filled_in(query))), f"events for {name}")


def test_what_may_be_empty_is_still_there():
    names = {query.name for query in QUERIES + board_files.asked("loki")}
    names |= {f"{board}/${name}" for board, name, _ in board_files.variables()}
    assert MAY_BE_EMPTY.keys() <= names, "of the list only these queries are left: drop the others"
