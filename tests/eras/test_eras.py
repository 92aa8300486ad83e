"""Real clients of every era against servers of every era, compared with the outcomes in recorded.json."""

import json

import pytest

import cells
import record

import eras_table

CELLS = [(client.name, f"{child} {isolation}")
         for client in cells.CLIENTS for child in cells.CHILDREN for isolation in cells.ISOLATIONS]


@pytest.fixture(scope="session")
def found():
    """All outcomes, each written as recorded.json has it."""
    return json.loads(record.written(cells.run_all()))


@pytest.mark.parametrize("client, cell", CELLS, ids=[f"{client}, {cell}" for client, cell in CELLS])
def test_the_outcomes_are_those_recorded(client, cell, found):
    """A feature that fails, and one that works although it is recorded as failing, are both a difference.

    If it is as it should be: tests/eras/record.py && scripts/eras_table.py
    """
    assert found[client][cell] == cells.recorded()[client][cell]


def test_nothing_else_is_recorded():
    recorded = cells.recorded()
    assert [(client, cell) for client in recorded for cell in recorded[client]] == CELLS


def test_the_tables_have_a_column_for_each_step():
    assert [*eras_table.TITLES, "close"] == list(cells.STEPS)


@pytest.mark.parametrize("child, mode", [("legacy", "legacy"), ("dual", "legacy"), ("dual", "2026-07-28"), ("modern", "2026-07-28")])
def test_the_server_can_do_everything_without_the_gateway(child, mode, tmp_path):
    cells.put_scripts_below_their_modules()
    command = cells.CHILDREN[child] | {"env": {"ERAS_FOLDER": str(tmp_path)}}
    client = cells.Client("typescript2", "stdio", mode)
    revision = "2025-11-25" if mode == "legacy" else mode
    assert client.run(json.dumps(command), tmp_path) == {"connect": revision} | dict.fromkeys(cells.STEPS, "yes")
