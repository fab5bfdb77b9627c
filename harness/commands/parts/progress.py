"""The live line on stderr while a session runs: rewritten in place on a terminal, a line per trial elsewhere.

What is cut where the terminal is narrow is its end: there stands what matters least.
"""

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from types import TracebackType

from harness.clock import Clock
from harness.machine.streams import redraw, redraws, say
from harness.trial import Progress
from results.brief import Names
from results.check.budget import foretold
from results.check.plan import Check
from results.plan import Step
from results.scorecard.labels import describe
from results.trial import Setting, Trial


class LiveLine(AbstractContextManager["LiveLine"], ABC):
    """The line itself, as a context manager: at its end it is empty, and the result file, if one is named, is told.

    Of each trial it prints the line of the result file, too, where JSON is wanted (--json).
    """

    def __init__(self, out: Path | None, *, quiet: bool, as_json: bool = False, clock: Clock | None = None) -> None:
        self._out = out
        self._clock = clock or Clock()
        self._quiet = quiet
        self._as_json = as_json
        self._in_place = redraws(sys.stderr)
        self._recorded = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # With the terminal closed, what ends the run is why it ends, not that nobody can be told.
        with nullcontext() if error is None else suppress(OSError):
            self._rewrite("")
            if self._out is not None and (error is None or self._recorded):  # else a new file is taken back
                self._print(f"results: {self._out}")

    def begin(self, number: int, step: Step, /) -> None:
        """Say which trial begins."""

    def update(self, progress: Progress) -> None:
        """Say how it does."""

    def end(self, trial: Trial, *, fresh: bool) -> None:
        """Say what came of it, if it was made just now."""
        self._recorded = True
        if not fresh:
            return
        self._clock.made()
        self._rewrite("")
        self._print(self._outcome(trial))
        if self._as_json:
            print(json.dumps(trial.to_json()), flush=True)

    @abstractmethod
    def _outcome(self, trial: Trial) -> str:
        """Say what came of a trial."""

    def _rewrite(self, text: str) -> None:
        """Replace what stands on the line; elsewhere than on a terminal, leave it out."""
        if self._in_place and not self._quiet:
            redraw(text)

    def _print(self, text: str) -> None:
        if text and not self._quiet:
            say(text)


class ProgressLine(LiveLine):
    """Say what is running, how it does, and how long that takes: of `total` trials or, None, of nobody knows how many.

    `at_most`: it may end before all are made. With `told`, that is said of time instead.
    """

    def __init__(
        self,
        total: int | None,
        out: Path | None,
        *,
        quiet: bool,
        as_json: bool = False,
        name: Callable[[Setting], str] = describe,
        modes: Iterable[str] = (),
        clock: Clock | None = None,
        at_most: bool = False,
        told: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(out, quiet=quiet, as_json=as_json, clock=clock)
        self._total = total
        self._at_most = at_most
        self._told = told or self._time
        self._left: int | None = total
        self._names = Names(modes)
        self._name = name
        self._repeats = 0
        self._repeating = False
        self._place = self._label = ""
        self._earlier: Progress | None = None

    def begin(self, number: int, step: Step, /) -> None:
        done = number - self._repeats
        self._place = self._placed(done + 1, step)
        self._left = None if self._total is None else self._total - done
        self._repeating = step.repeats is not None
        if self._repeating:
            self._place = f"repeating trial {step.repeats}, at most {step.more} more"
            if self._left is not None:  # repetitions may come while there are first trials to be made
                self._left += 1 + (step.more or 0)
        elif self._left is not None and self._left <= 0:
            self._left = None
        self._label = self._names.brief(self._name(step.setting))
        self._earlier = None
        if self._in_place:
            self._rewrite(self._line())
        else:
            self._print(self._line())

    def _placed(self, number: int, _step: Step) -> str:
        """Say which one it is of all, or which of those beyond, as where one that was spoilt has to be made again."""
        if self._total is None:
            return str(number)
        beyond = number - self._total
        return f"{number}/{self._total}" if beyond <= 0 else f"{beyond} more than {self._total}"

    def _time(self) -> str:
        return self._clock.told(self._left, at_most=self._at_most or self._repeating)

    def _line(self) -> str:
        """Say which trial it is, how long that takes, and what is tried: on a narrow terminal, the first is seen."""
        return f"[{self._place}] {self._told()}: {self._label}"

    def update(self, progress: Progress) -> None:
        """Show rates since the last call."""
        earlier, self._earlier = self._earlier, progress
        if earlier is None or progress.elapsed_s <= earlier.elapsed_s:
            return
        span = progress.elapsed_s - earlier.elapsed_s
        offered = (progress.counters.observed - earlier.counters.observed) / span
        consumed = (_consumed(progress) - _consumed(earlier)) / span
        lost = progress.counters.reserve_failed + progress.counters.map_full
        self._rewrite(
            f"{self._line()}  {progress.elapsed_s:4.1f} s  lost {lost:,}  offered {offered:9,.0f}/s"
            f"  consumed {consumed:9,.0f}/s"
        )

    def end(self, trial: Trial, *, fresh: bool) -> None:
        super().end(trial, fresh=fresh)
        self._repeats += trial.repeats is not None

    def _outcome(self, trial: Trial) -> str:
        which = f"[{self._place}] {self._label}"
        if not trial.valid:
            return f"{which}: invalid: {'; '.join(trial.invalid_because)}"
        return f"{which}: disturbed: {'; '.join(trial.disturbed_because)}" if trial.disturbed else ""


class BudgetLine(ProgressLine):
    """Says of a check with a budget, once a few rounds are done, what it will be able to tell.

    What is sampled to say why a metric regressed comes after all that decides, and counts apart.
    """

    def __init__(self, check: Check, out: Path | None, *, quiet: bool) -> None:
        modes = [setting.mode for each in check.comparisons for setting in (each.a, each.b)]
        super().__init__(
            check.most_trials, out, quiet=quiet, modes=modes,
            clock=Clock(ends_s=check.gate.budget_s), at_most=len(check.gate.looks) > 1,
        )  # fmt: skip
        self._check = check
        self._trials: list[Trial] = []
        self._foretold = check.gate.budget_s is None

    def begin(self, number: int, step: Step, /) -> None:
        if step.setting.pass_ == "sampled":
            self._total = None
        super().begin(number, step)

    def _placed(self, number: int, step: Step) -> str:
        return "to say why" if step.setting.pass_ == "sampled" else super()._placed(number, step)

    def end(self, trial: Trial, *, fresh: bool) -> None:
        super().end(trial, fresh=fresh)
        self._trials.append(trial)
        if not self._foretold and (said := foretold(self._check.gate, self._check.comparisons, self._trials)):
            self._foretold = True
            for sentence in said:
                self._print(f"bench: {sentence}")


def _consumed(progress: Progress) -> int:
    counters = progress.counters
    return counters.aggregated if progress.unread is None else counters.submitted - progress.unread
