"""Sleep for an interval and take all there is; decode each event and count by reason: isolates what wakeups cost."""

from modes.parts.counting import Tally


class Paced(Tally):
    waits = ("paced",)
