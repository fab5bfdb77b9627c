"""What `bench certify` found: how often the gate lies on this host, and what slowdown it is sure to find."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from results.check.gate import Gated, GatePlan
from results.errors import BadInput
from results.statistics.binomial import exact_upper
from results.trial import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How many gates called REGRESSED when arm B carried this handicap (words of Setting.handicap, or `mode=` it)."""

    handicap: str
    gates: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """One gated metric of one mode on one host.

    `false_alarms_at_zero` is how many of the equal gates would have rejected "no worse at all" at Holm's first level,
    alpha of a look by the size of the family: the margin pushes `false_alarms` far below it. `in_sequence` is how many
    the same trials would have raised with the earlier half as A and the later as B. `detectable` is the minimum
    detectable effect: the smallest slowdown (0.03 is 3 %; a difference in loss) that the blocks tell from nothing for
    sure; None if there are too few gates to be sure of any. With the margin, what is surely REGRESSED is
    (1 + margin) (1 + detectable) - 1.
    """

    gated: Gated
    gates: int
    false_alarms: int
    false_alarms_at_zero: int
    in_sequence: int
    detectable: float | None
    detections: tuple[Detection, ...] = ()

    @property
    def false_alarms_at_most(self) -> float:
        """The exact 95 % upper bound of the false alarm rate."""
        return exact_upper(self.false_alarms, self.gates)

    @property
    def surely_found(self) -> float | None:
        """The slowdown, or more loss, that is surely called REGRESSED at this margin."""
        if self.detectable is None:
            return None
        gate = self.gated.gate
        if gate.scale == "difference":
            return gate.margin + self.detectable
        return (1 + gate.margin) * (1 + self.detectable) - 1

    def to_json(self) -> dict[str, object]:
        gated = self.gated.to_json()
        return {"mode": gated["mode"], "metric": gated["metric"]} | {
            name: value for name, value in asdict(self).items() if name != "gated"
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        rest = {name: value for name, value in row.items() if name not in ("mode", "metric", "detections")}
        gated = Gated.from_json({**row, "excluded_because": None})
        return cls(gated=gated, detections=tuple(Detection(**each) for each in row["detections"]), **rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certified metrics of a host, with the plan and the settings of arm A that they hold for."""

    host: Mapping[str, Any]
    made_at: str
    command: str
    gate: GatePlan
    settings: tuple[Setting, ...]
    gates: int
    gates_with_false_alarm: int
    certified: tuple[Certified, ...]

    @property
    def false_alarms_at_most(self) -> float:
        """The exact 95 % upper bound of the rate of gates in which any metric raised a false alarm."""
        return exact_upper(self.gates_with_false_alarm, self.gates)

    def entry(self, mode: str, metric: str) -> Certified | None:
        return next((one for one in self.certified if (one.gated.mode, one.gated.metric.name) == (mode, metric)), None)

    def to_json(self) -> dict[str, object]:
        return {
            "type": "certificate",
            "host": dict(self.host),
            "made_at": self.made_at,
            "command": self.command,
            "gate": self.gate.to_json(),
            "settings": [setting.to_json() for setting in self.settings],
            "gates": self.gates,
            "gates_with_false_alarm": self.gates_with_false_alarm,
            "certified": [one.to_json() for one in self.certified],
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read a stored certificate. Raises KeyError, TypeError or BadInput for what is none."""
        if row["type"] != "certificate":
            raise BadInput("no certificate")
        return cls(
            host=row["host"],
            made_at=row["made_at"],
            command=row["command"],
            gate=GatePlan.from_json(row["gate"]),
            settings=tuple(Setting.from_json(each) for each in row["settings"]),
            gates=row["gates"],
            gates_with_false_alarm=row["gates_with_false_alarm"],
            certified=tuple(map(Certified.from_json, row["certified"])),
        )
