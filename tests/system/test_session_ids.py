"""T-ENT: session ids cannot be foretold from others, from the clock or from the process. Case 90.

Those of this test come over HTTP, as many as take a few seconds; tests/unit/base/entropy_test.cc makes a million. The bounds are
six standard deviations wide: by chance, one run in a million misses one of them.
"""
import json
import math
import os
import re
import time
from collections import Counter

import pytest

from clients import BOTH, JSON, initialize
from gateway_under_test import Gateway, echo
from wire import TIMEOUT, Connection

IDS = 20_000 if os.environ.get("SYSTEM_TESTS_SANITIZED") else 200_000
AT_ONCE = 20  # requests on their way
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
LENGTH = 27
PROCESS = b"A"  # in front of each id: of a process that replaced none
GIVEN = re.compile(rb"(?i)\r\nmcp-session-id: (\S+)\r\n")
OPERATOR = "token-of-the-operator-0123"


def quiet_gateway():
    """One on one loop, where ids have no letter in front that names it, but that of the process; it logs no request."""
    gateway = Gateway({"echo": echo()}, {"loops": 1, "admin_token": OPERATOR})
    connection = Connection(gateway.ports["admin"])
    connection.send_request("POST", "/api/log-level", {"Authorization": "Bearer " + OPERATOR}, b'{"level": "error"}')
    assert connection.read_response().status == 200
    connection.close()
    return gateway


def ids_of(gateway, count):
    """The ids of so many new sessions, in the order they were given, without the letter of the process."""
    connection = Connection(gateway.port)
    body = json.dumps(initialize()).encode()
    head = {"Host": "localhost", "Accept": BOTH, **JSON, "Content-Length": len(body)}
    request = b"POST /echo/mcp HTTP/1.1\r\n%s\r\n%s" % (
        "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode(), body)
    found = []
    while len(found) < count:
        connection.send(request * AT_ONCE)
        deadline = time.monotonic() + TIMEOUT
        while len(given := GIVEN.findall(connection.buffer)) < AT_ONCE:
            assert connection.receive(deadline)
        found += given
        # What is left of the last answer is searched again with the next ones, and has no id.
        del connection.buffer[: connection.buffer.rfind(given[-1]) + len(given[-1])]
    connection.close()
    assert {each[:1] for each in found} == {PROCESS}
    return [each[1:] for each in found]


@pytest.fixture(scope="module")
def ids():
    gateway = quiet_gateway()
    found = ids_of(gateway, IDS)
    gateway.stop()
    return found


@pytest.fixture(scope="module")
def columns(ids):
    """The characters at each place, counted."""
    return [Counter(column) for column in zip(*ids)]


def assert_near(count, tries, chance, what):
    spread = math.sqrt(tries * chance * (1 - chance))
    assert abs(count - tries * chance) <= 6 * spread, f"{what}: {count} of {tries}"


def test_no_id_is_given_twice(ids):
    assert len(set(ids)) == len(ids) >= IDS


def test_an_id_is_of_one_length_and_alphabet(ids):
    assert {len(each) for each in ids} == {LENGTH}
    assert set(b"".join(ids)) == set(ALPHABET)


def test_ids_have_128_bits_at_the_least(ids, columns):
    """Counted by the likeliest character of each place."""
    assert sum(-math.log2(max(column.values()) / len(ids)) for column in columns) >= 128


def test_every_bit_is_set_as_often_as_not(ids, columns):
    """A pid, a counter or the high half of a clock would be bits that hardly change."""
    value = {letter: number for number, letter in enumerate(ALPHABET)}
    for place, column in enumerate(columns):
        for bit in range(6):
            ones = sum(count for letter, count in column.items() if value[letter] >> bit & 1)
            assert_near(ones, len(ids), 1 / 2, f"bit {bit} of character {place}")


def test_every_character_is_as_likely_as_another_at_every_place(ids, columns):
    expected, freedom = len(ids) / len(ALPHABET), len(ALPHABET) - 1
    for place, column in enumerate(columns):
        chi_square = sum((column[letter] - expected) ** 2 / expected for letter in ALPHABET)
        assert chi_square < freedom + 8 * math.sqrt(2 * freedom), f"character {place}"  # whose upper tail is a longer one


@pytest.mark.parametrize("distance", [1, 2, AT_ONCE])
def test_an_id_tells_nothing_of_a_later_one(ids, distance):
    pairs = list(zip(ids, ids[distance:]))
    assert_near(sum(earlier < later for earlier, later in pairs), len(pairs), 1 / 2, "ids that are greater than the one before")
    alike = Counter(place for earlier, later in pairs for place in range(0, LENGTH, 5) if earlier[place] == later[place])
    for place in range(0, LENGTH, 5):
        assert_near(alike[place], len(pairs), 1 / len(ALPHABET), f"character {place} as in the id before")


def test_a_character_tells_nothing_of_the_next(ids):
    expected, freedom = len(ids) / len(ALPHABET) ** 2, len(ALPHABET) ** 2 - 1
    for place in range(0, LENGTH - 1, 5):
        pairs = Counter(each[place : place + 2] for each in ids)
        chi_square = sum(count * count for count in pairs.values()) / expected - len(ids)
        assert abs(chi_square - freedom) < 6 * math.sqrt(2 * freedom), f"characters {place} and {place + 1}"


def test_gateways_started_at_the_same_time_give_different_ids():
    both = [quiet_gateway(), quiet_gateway()]
    first = [ids_of(gateway, AT_ONCE) for gateway in both]
    for gateway in both:
        gateway.stop()
    for place in range(LENGTH - 4):
        assert not {each[place : place + 5] for each in first[0]} & {each[place : place + 5] for each in first[1]}
