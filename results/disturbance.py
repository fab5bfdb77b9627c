"""How quiet the machine was beside some trials: what the host and other processes took, trial by trial."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from results import units
from results.metrics import FOREIGN, STEAL, THROTTLED
from results.trial import Trial

# How a trial words what others took of its CPUs, and no doing of its mode, as a wait for the CPU or a quota may be.
STOLEN = "the host took {} of the CPU time (steal)"
TAKEN = "other processes took {} of the CPUs in use"
_FROM_OUTSIDE = tuple(words.partition("{}")[0] for words in (STOLEN, TAKEN))
# How it words what somebody else, or our own sender, did to it: the next may be spared.
_MAY_PASS = re.compile(
    "^the generator (said nothing|was killed|ended)|^none of the .* was sent|^the consumer was killed by SIG(KILL|TERM)"
)

_HEIGHTS = "▁▂▃▄▅▆▇█"
_WIDEST = 40  # trials side by side; more are drawn by the highest of several


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody took of the CPUs in use in each trial, in the order they ran; None where too short to tell."""

    who: str
    values: tuple[float | None, ...]

    @property
    def most(self) -> float | None:
        return max((value for value in self.values if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """The trials of a report whose machine was not quiet, and how it was beside all of them."""

    trials: tuple[Trial, ...]
    shares: tuple[Share, ...]

    @property
    def disturbed(self) -> int:
        return sum(trial.disturbed for trial in self.trials)


def spoilt_from_outside(trial: Trial) -> bool:
    """Tell whether the host or other processes took more than they may: the machine's doing, whatever the mode does.

    Instructions are as many beside any other work.
    """
    return trial.setting.pass_ != "instructions" and any(
        reason.startswith(_FROM_OUTSIDE) for reason in trial.disturbed_because
    )


def may_pass(trial: Trial) -> bool:
    """Tell whether what made a trial invalid was done to it: the first thing that went wrong, whatever followed."""
    return not trial.valid and _MAY_PASS.search(trial.invalid_because[0]) is not None


def disturbance(trials: Iterable[Trial]) -> Disturbance | None:
    """Gather how the machine was beside the valid trials; None where it was quiet in all of them."""
    valid = [trial for trial in trials if trial.valid]
    if not any(trial.disturbed_because for trial in valid):
        return None
    valid.sort(key=lambda trial: (trial.started_at, trial.number))
    kinds = (("the host (steal)", STEAL), ("other processes", FOREIGN))
    shares = tuple(Share(who, tuple(metric.values(valid))) for who, metric in kinds)
    return Disturbance(tuple(valid), shares)


def sentences(found: Disturbance, marked: str = "") -> list[str]:
    """Say how noisy it was, which numbers to trust, and what cures it; `marked` says how the others are marked."""
    parts = [
        f"{share.who} {_picture(share.values)} up to {units.percent(share.most)}"
        for share in found.shares
        if share.most is not None
    ]
    taken = f" Of the CPUs, trial by trial: {', '.join(parts)}." if parts else ""
    held_back = max((value for value in THROTTLED.values(found.trials) if value), default=None)
    cure = "Stop what else runs here, or use a machine with CPUs of its own"
    if held_back is not None:
        taken += f" A CPU quota held us back for up to {units.percent(held_back)} of one CPU's time."
        cure = f"Take the quota away. {cure}"
    return [
        f"The machine was not quiet in {found.disturbed} of {len(found.trials)} trials.{taken}",
        f"Trust the ledger: what was offered, consumed, lost is exact. Times, rates, costs per event{marked} are "
        f"doubtful. {cure}; bench doctor says what it lacks.",
    ]


def _picture(values: Sequence[float | None]) -> str:
    """Draw shares from 0 to 1 as blocks; a dot where a trial was too short to tell."""
    each = -(-len(values) // _WIDEST)
    groups = [[v for v in values[at : at + each] if v is not None] for at in range(0, len(values), each)]
    return "".join(_HEIGHTS[min(7, int(max(group) * 8))] if group else "·" for group in groups)
