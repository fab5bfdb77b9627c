"""A stored result as arm A: the trials of an earlier session, if the machine is still the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.check.blocks import Comparison, unusable
from results.errors import BadInput
from results.file import ResultFile, read
from results.session import Session, differences, unlike
from results.trial import Trial


@dataclass(frozen=True, slots=True)
class Baseline:
    """The valid trials of an earlier session, by what they are compared with."""

    session: Session
    trials: Mapping[Comparison, list[Trial]]

    def other_bench(self, host: Mapping[str, Any]) -> str:
        """Say which bench measured it, where that is another: what it cost then is in the ratio, too."""
        found = [each for each in differences([self.session.host, host]) if each.fact in ("bench", "commit")]
        told = (f"{each.fact} {each.values[0]} then, {each.values[1]} now" for each in found)
        return f", by another bench ({', '.join(told)})" if found else ""


def load(path: Path, comparisons: Sequence[Comparison], blocks: int, host: Mapping[str, Any]) -> Baseline:
    """Find the last session of a file that measured all that is compared, often enough for `blocks` blocks.

    Raises BadInput for a torn or foreign file, another machine, and too few trials.
    """
    held = read(path)
    if held.problems:
        raise BadInput(f"{path} cannot be a baseline: {held.problems[0]}")
    too_few = f"{path} holds no session that measured these settings"
    for session in reversed(held.sessions):
        found = {comparison: _matching(held, session, comparison) for comparison in comparisons}
        if not all(found.values()):
            continue
        refuse_other_host(path, session.host, host)
        fewest = min(len(trials) for trials in found.values())
        if fewest >= 2 * blocks:
            return Baseline(session, found)
        too_few = (
            f"session {session.id} of {path} holds {fewest} valid trials of a setting, enough for {fewest // 2} "
            f"blocks, and the check looks after up to {blocks}: pass --blocks, or record at least {2 * blocks} trials"
        )
    raise BadInput(too_few)


def refuse_other_host(path: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Raise BadInput that names each difference between the machine of a stored result and this one."""
    if found := unlike(differences([theirs, ours])):
        told = "; ".join(f"{each.fact} {each.values[0]!r} there, {each.values[1]!r} here" for each in found)
        raise BadInput(f"{path} is from another machine: {told}")


def _matching(held: ResultFile, session: Session, comparison: Comparison) -> list[Trial]:
    """Take the trials of the candidate's setting; of an earlier check, those of its candidate."""
    return [
        trial
        for trial in held.trials
        if trial.session == session.id
        and unusable(trial) is None
        and trial.setting == comparison.a
        and trial.arm != "A"
    ]
