"""The plan of an experiment: its variants by name, and how often each is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from results.errors import BadInput
from results.trial import Setting

# Fewer blocks give no interval of 95 %: of n signs, all are equal by chance in one of 2**(n - 1) experiments.
FEWEST_BLOCKS = 6
MOST_BLOCKS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPlan:
    """What is tried: each of `variants` once a block, `blocks` times in a new random order.

    Then each of `looked_into` `looks` times with the kernel's probes on: what happens inside, never how fast it is.
    """

    variants: Mapping[str, Setting]
    blocks: int
    looked_into: Mapping[str, Setting]
    looks: int

    def __post_init__(self) -> None:
        if not FEWEST_BLOCKS <= self.blocks <= MOST_BLOCKS:
            raise BadInput(
                f"--blocks must be at least {FEWEST_BLOCKS}, for intervals of 95 %, and at most {MOST_BLOCKS}; "
                f"it is {self.blocks}"
            )
        settings = [*self.variants.values(), *self.looked_into.values()]
        if len({repr(setting) for setting in settings}) < len(settings):
            raise BadInput("two variants have the same setting: their trials could not be told apart")

    def to_json(self) -> dict[str, Any]:
        return {
            "explain": {
                "variants": {name: setting.to_json() for name, setting in self.variants.items()},
                "blocks": self.blocks,
                "looked_into": {name: setting.to_json() for name, setting in self.looked_into.items()},
                "looks": self.looks,
            }
        }

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> ExplainPlan:
        """Read a session's plan. Raises BadInput when it is another command's."""
        if "explain" not in plan:
            raise BadInput("this session holds no experiment; make one with: bench explain")
        row = plan["explain"]
        return cls(
            variants={name: Setting.from_json(setting) for name, setting in row["variants"].items()},
            blocks=row["blocks"],
            looked_into={name: Setting.from_json(setting) for name, setting in row["looked_into"].items()},
            looks=row["looks"],
        )
