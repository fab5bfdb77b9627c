"""Spin on the ring, never sleep; decode each event and count by reason: isolates what sleeping costs."""

from modes.parts.counting import Tally


class Busy(Tally):
    waits = ("busy", "backoff")
