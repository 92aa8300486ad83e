"""What became of every call: each is opened once and closed once, with what its client saw."""

import collections

# Whatever a service goes through, these never may be.
NEVER = ("wrong", "lost")
KEPT = 20  # descriptions of what went wrong


class Ledger:
    """`refused` is an error with a reason, `ended` that the session is gone, `cancelled` and `left` that the client wanted no answer.
    Services of `faultless` must answer every call that its client waits for; sessions of services of `lasting` never end."""

    def __init__(self, faultless, lasting):
        self.forbidden = {*((service, "refused") for service in faultless), *((service, "ended") for service in lasting)}
        self.opened = 0
        self.counts = collections.Counter()  # (service, outcome)
        self.reasons = collections.Counter()  # of refused calls
        self.complaints = []

    def open(self):
        self.opened += 1

    def close(self, service, outcome, what="", reason=None):
        self.counts[service, outcome] += 1
        if reason:
            self.reasons[service, reason] += 1
        if outcome in NEVER or (service, outcome) in self.forbidden:
            self.complain(f"{service}: {outcome}: {what}")

    def foreign(self, service, what):
        """A message that answers nothing its receiver asked."""
        self.counts[service, "foreign"] += 1
        self.complain(f"{service}: foreign: {what}")

    def complain(self, text):
        if len(self.complaints) < KEPT:
            self.complaints.append(text[:500])

    def total(self, *outcomes):
        return sum(count for (_, outcome), count in self.counts.items() if outcome in outcomes)

    def broken_promises(self):
        """Calls that were refused where none may be, or whose session ended where none does."""
        return sum(self.counts[pair] for pair in self.forbidden)

    def in_the_open(self):
        """Calls whose end nobody noted; foreign messages were never opened."""
        return self.opened - sum(self.counts.values()) + self.total("foreign")

    def page(self):
        services = {}
        for (service, outcome), count in sorted(self.counts.items()):
            services.setdefault(service, {})[outcome] = count
        return {"calls": self.opened, "answered": self.total("ok"), "wrong": self.total("wrong", "foreign"),
                "lost": self.total("lost") + self.in_the_open(), "unanswered_where_all_must_be": self.broken_promises(), "by_service": services,
                "reasons": {f"{service}: {reason}": count for (service, reason), count in sorted(self.reasons.items())},
                "complaints": self.complaints}
