"""How long a consumer may sleep between two passes, in Python and as machine code (bpf/passes.py): plain numbers."""

FORGET = 1 / 64
"""How fast the highest rate seen is forgotten, a pass."""


def rate_after(rate: float, found: int, elapsed_ns: int) -> float:
    """Return the highest rate of late, in events a ns, after a pass that found so many events of so long."""
    now = found / max(elapsed_ns, 1)
    return now if now >= rate else rate + (now - rate) * FORGET


def pause_ns(rate: float, room: float, longest_ns: int, worked_ns: int) -> float:
    """Return how long to sleep so that no more than `room` events come; they have come while the pass worked, too."""
    pause = float(longest_ns)
    if rate * pause > room:
        pause = room / rate
    return max(0.0, pause - worked_ns)
