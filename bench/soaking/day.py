"""What a day brings, and when: as many events of each kind, at random times that a seed decides."""

import collections
import random

MINUTES = 30  # in which a day is played, if nobody asks for another pace

# Events of a day of a busy gateway. `bench/soak` performs each by the function of its name in visitors.py or operators.py.
DAY = {
    "visit": 30_000,  # a session of one era that is opened, used and closed; or a client without one
    "abandon": 3_600,  # the same, but the client is gone without a word, half of the time with a call in flight
    "cancel": 3_600,  # a call that is cancelled, and one after it
    "slow_reader": 480,  # takes its large results a little at a time, or not at all
    "crash": 288,  # a child is killed, whatever it is doing
    "reload_same": 96,  # the configuration is read again, and nothing differs
    "reload_changed": 96,  # services are changed, added and removed
    "reload_refused": 24,  # the file has an error
    "renew": 96,  # POST /api/services/NAME/renew
}


def plan(days, seed, without=()):
    """[(when, kind)] in order of time, `when` from 0 to 1; none of the kinds in `without`."""
    chance = random.Random(seed)
    events = [(chance.random(), kind) for kind, count in DAY.items() if kind not in without
              for _ in range(max(1, round(count * days)))]
    return sorted(events)


def counts(events):
    found = collections.Counter(kind for _, kind in events)
    return {kind: found[kind] for kind in DAY if kind in found}
