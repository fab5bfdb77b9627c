"""The plan of an experiment: its variants by name, and how often each is tried."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from results.errors import BadInput
from results.plan import Ask, Step, check_trials, in_blocks, steadied
from results.trial import Setting, Trial

# Fewer blocks give no interval of 95 %: of n signs, all are equal by chance in one of 2**(n - 1) experiments.
FEWEST_BLOCKS = 6
MOST_BLOCKS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPlan:
    """What is tried: each of `variants` once a block, `blocks` times in a new random order.

    Then each of `looked_into` `looks` times with the kernel's probes on: what happens inside, never how fast it is.
    A trial that the machine spoils is made again at once, within its block, `retries` times for each variant at most.
    """

    variants: Mapping[str, Setting]
    blocks: int
    looked_into: Mapping[str, Setting]
    looks: int
    retries: int = 0

    def __post_init__(self) -> None:
        if not FEWEST_BLOCKS <= self.blocks <= MOST_BLOCKS:
            raise BadInput(
                f"--blocks must be at least {FEWEST_BLOCKS}, for intervals of 95 %, and at most {MOST_BLOCKS}; "
                f"it is {self.blocks}"
            )
        check_trials("--retries", self.retries, 0)
        settings = [*self.variants.values(), *self.looked_into.values()]
        if len({repr(setting) for setting in settings}) < len(settings):
            raise BadInput("two variants have the same setting: their trials could not be told apart")

    def order(self, seed: int) -> Iterator[tuple[int, Setting]]:
        """Yield (block, setting): the blocks of all variants, then those of the variants that are looked into."""
        timed = in_blocks(list(self.variants.values()), self.blocks, seed)
        inside = in_blocks(list(self.looked_into.values()), self.looks, seed)
        return itertools.chain(timed, ((self.blocks + block, setting) for block, setting in inside))

    def answer(self, ask: Ask, seed: int) -> tuple[Trial, ...]:
        """Return the trials that count: of one that was made again, the one or the other."""
        order = list(self.order(seed))
        steady = steadied(ask, self.retries, len(order))
        return tuple(steady(Step(setting, block)) for block, setting in order)

    def to_json(self) -> dict[str, Any]:
        return {
            "explain": {
                "variants": {name: setting.to_json() for name, setting in self.variants.items()},
                "blocks": self.blocks,
                "looked_into": {name: setting.to_json() for name, setting in self.looked_into.items()},
                "looks": self.looks,
                "retries": self.retries,
            }
        }

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """Read a session's plan. Raises BadInput when it is another command's."""
        if "explain" not in plan:
            raise BadInput("this session holds no experiment; make one with: bench explain")
        row = plan["explain"]
        return cls(
            variants={name: Setting.from_json(setting) for name, setting in row["variants"].items()},
            blocks=row["blocks"],
            looked_into={name: Setting.from_json(setting) for name, setting in row["looked_into"].items()},
            looks=row["looks"],
            retries=row.get("retries", 0),
        )
