"""Answer questions from the trials of a result file, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from results.errors import BadInput
from results.trial import Setting, Trial


def in_order(trials: Iterable[Trial]) -> Callable[[Setting], Trial]:
    """Return a function that hands out the trials by number.

    It raises EOFError when they are used up, and BadInput when the next one is not of the setting that is asked for.
    """
    rest = iter(sorted(trials, key=lambda trial: trial.number))

    def answer(setting: Setting) -> Trial:
        trial = next(rest, None)
        if trial is None:
            raise EOFError("the session was not finished")
        if trial.setting != setting:
            raise BadInput(
                f"trial {trial.number} is not the one that the search asks for: another version of it wrote the file, "
                "or trials are missing in the middle; run bench capacity again"
            )
        return trial

    return answer
