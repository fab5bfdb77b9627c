"""Several drop kinds as one: their frames interleaved in fixed proportions, so that the count of each stays exact."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

from results.errors import BadInput
from traffic.kind import DropKind, Expected
from traffic.testbed import Testbed

PREFIX = "mix:"
LONGEST_CYCLE = 10_000
# These count every packet of their protocol, whatever becomes of it: of a mix they witness nothing.
COUNT_ARRIVALS = frozenset({"Ip.InReceives", "Tcp.InSegs"})


class Mix(DropKind):
    """Kinds by weight, set up side by side in one testbed."""

    def __init__(self, parts: Sequence[tuple[DropKind, int]]) -> None:
        """Combine kinds by weight. Raises BadInput for kinds that cannot be combined."""
        super().__init__(PREFIX + "+".join(f"{kind.name}={weight}" for kind, weight in parts))
        self._kinds = [kind for kind, _ in parts]
        common = math.gcd(*(weight for _, weight in parts))
        self._weights = [weight // common for _, weight in parts]
        self._check()
        # Which kind each frame of a cycle is of, and how many frames of each kind come before it.
        self._order = _interleave(self._weights)
        self._before = [[0] * len(parts)]
        for place in self._order:
            self._before.append([count + (place == part) for part, count in enumerate(self._before[-1])])
        self.summary = "a mix: " + ", ".join(f"{100 * w / sum(self._weights):.3g} % {k.name}" for k, w in self._parts())
        self.reasons = tuple(dict.fromkeys(reason for kind in self._kinds for reason in kind.reasons))
        self.counters = tuple(
            dict.fromkeys(name for kind in self._kinds for name in kind.counters if name not in COUNT_ARRIVALS)
        )
        self.senders = ("packet",)  # xdp sends one frame again and again
        self.needs_ipv6 = any(kind.needs_ipv6 for kind in self._kinds)
        self.refuses = any(kind.refuses for kind in self._kinds)

    def frames(self, bed: Testbed) -> list[bytes]:
        own = [kind.frames(bed) for kind in self._kinds]
        # So many cycles that each kind has sent all of its own frames equally often.
        cycles = math.lcm(*(len(f) // math.gcd(len(f), w) for f, w in zip(own, self._weights, strict=True)))
        turns = [itertools.cycle(frames) for frames in own]
        return [next(turns[part]) for part in self._order * cycles]

    def expect(self, sent: int, refused: int) -> Expected | None:
        cycles, rest = divmod(sent, len(self._order))
        drops: Counter[str] = Counter()
        witness: Counter[str] = Counter()
        unless: dict[str, str] = {}
        for part, (kind, weight) in enumerate(self._parts()):
            count = cycles * weight + self._before[rest][part]
            # The sender is not told whose frame was refused; a kind that is meant to be is the first to answer for it.
            own_refused = min(refused, count) if kind.refuses else 0
            refused -= own_refused
            expected = kind.expect(count, own_refused)
            if expected is None:
                return None
            drops.update(expected.drops)
            unless |= expected.unless
            witness.update({name: n for name, n in expected.witness.items() if name in self.counters})
        return Expected(drops=drops, witness=witness, unless=unless) if not refused else None

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        for kind in self._kinds:
            kind.set_up(bed, undo)

    def witness(self, bed: Testbed) -> dict[str, int]:
        counts: dict[str, int] = {}
        for kind in self._kinds:
            counts |= {name: count for name, count in kind.witness(bed).items() if name in self.counters}
        return counts

    def unsupported(self) -> str | None:
        return next((why for kind in self._kinds if (why := kind.unsupported()) is not None), None)

    def _parts(self) -> list[tuple[DropKind, int]]:
        return list(zip(self._kinds, self._weights, strict=True))

    def _check(self) -> None:
        names = [kind.name for kind in self._kinds]
        twice = [name for name, times in Counter(names).items() if times > 1]
        if twice:
            raise BadInput(f"{twice[0]} stands twice in {self.name}")
        for kind in self._kinds:
            if kind.alone_because is not None and len(names) > 1:
                raise BadInput(f"{kind.name} cannot be part of a mix: {kind.alone_because}")
        refusing = [kind.name for kind in self._kinds if kind.refuses]
        if len(refusing) > 1:
            raise BadInput(f"{' and '.join(refusing)} cannot be mixed: the sender is not told whose frame was refused")
        if sum(self._weights) > LONGEST_CYCLE:
            raise BadInput(f"the weights of {self.name} add up to more than {LONGEST_CYCLE}")


def parse_mix(text: str) -> list[tuple[str, int]]:
    """Split mix:a=70+b=30 into names and weights. Raises BadInput for what is no mix."""
    parts = []
    for part in text.removeprefix(PREFIX).split("+"):
        name, _, weight = part.partition("=")
        if not (name and re.fullmatch("[0-9]{1,9}", weight) and int(weight) > 0):
            raise BadInput(f"a mix is mix:KIND=WEIGHT+KIND=WEIGHT…, with whole weights above 0; '{part}' is none")
        parts.append((name, int(weight)))
    return parts


def _interleave(weights: Sequence[int]) -> list[int]:
    """Spread each part evenly over one cycle: the part that is furthest behind its share is the next."""
    total = sum(weights)
    taken = [0] * len(weights)
    order = []
    for length in range(1, total + 1):
        part = max(range(len(weights)), key=lambda i: weights[i] * length - taken[i] * total)
        taken[part] += 1
        order.append(part)
    return order
