"""What is asked about a cost → the pairs of turns that tell it."""

import dataclasses
import shlex
import shutil
from collections.abc import Mapping, Sequence

from harness.overhead.workloads import WINDOW_S, WINDOWS
from harness.plan import foreign_setting, load_setting
from harness.wishes import Wishes, consumers
from results.check.blocks import Comparison
from results.errors import BadInput
from results.foreign import Foreign
from results.overhead import ALONE, OverheadPlan
from results.trial import Setting

BUDGET_S = 120.0
"""Time for pairs of turns with one tool, where nothing else is said."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be attached, to which workload, and how exactly its cost is to be known.

    `foreign` are commands and finished tools, by the modes that name them; `modes` are ours, as they were typed, for
    which the wishes are. Without a `workload` of the user's own, ours sends that traffic.
    """

    foreign: Mapping[str, Foreign]
    modes: str | None
    wishes: Wishes
    traffic: str
    workload: str | None
    pairs: int | None
    budget_s: float | None
    alpha: float


def wishes_of_turns() -> Wishes:
    """Return what each turn of our sender is: as fast as it goes, in windows."""
    return Wishes(sender="packet", intended_load=None, duration_s=WINDOW_S)


def overhead_plan(asked: Asked) -> OverheadPlan:
    """Settle what is compared. Raises BadInput before anything is set up."""
    attached = [foreign_setting(name, read, asked.traffic, asked.wishes) for name, read in asked.foreign.items()]
    if asked.modes is not None:
        if asked.workload is not None:
            raise BadInput("--mode with --workload: our own consumers watch the frames of our own sender alone")
        attached += [load_setting(name, asked.traffic, each) for name, each in consumers(asked.modes, asked.wishes)]
    if not attached:
        raise BadInput("nothing is attached: name a --tool, a --mode, or a command after --")
    turns = [_in_turns(setting, asked.workload) for setting in dict.fromkeys(attached)]
    return OverheadPlan(
        comparisons=tuple(Comparison(setting.mode, _alone(setting), setting) for setting in turns),
        pairs=asked.pairs,
        budget_s=asked.budget_s or (None if asked.pairs is not None else BUDGET_S * len(turns)),
        alpha=asked.alpha,
    )


def _in_turns(setting: Setting, workload: str | None) -> Setting:
    if workload is None:
        return dataclasses.replace(setting, windows=WINDOWS)
    return dataclasses.replace(setting, traffic=workload, sender=None, duration_s=None, windows=1)


def _alone(setting: Setting) -> Setting:
    """Return the same turn with nothing attached."""
    return Setting(
        mode=ALONE,
        reader=None,
        wait=None,
        traffic=setting.traffic,
        wakeup=None,
        sender=setting.sender,
        duration_s=setting.duration_s,
        windows=setting.windows,
    )


def workload_words(workload: str | None) -> Sequence[str] | None:
    """Split a command as a shell does; no shell runs it. Raises BadInput for none."""
    if workload is None:
        return None
    try:
        words = shlex.split(workload)
    except ValueError as error:
        raise BadInput(f"--workload {workload}: {error}") from error
    if not words:
        raise BadInput("--workload names no command")
    if shutil.which(words[0]) is None:
        raise BadInput(f"--workload {workload}: there is no program {words[0]}, and no shell runs it")
    return words
