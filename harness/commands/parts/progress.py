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

from harness.machine.streams import redraw, redraws, say
from harness.trial import Progress
from results import units
from results.brief import Names
from results.capacity.advice import no_room
from results.capacity.judge import judge
from results.capacity.search import closing_in
from results.capacity.survey import Question
from results.check.budget import foretold
from results.check.plan import Check
from results.metrics import STALL
from results.plan import Step
from results.scorecard.labels import describe, name_of
from results.trial import Setting, Trial


class LiveLine(AbstractContextManager["LiveLine"], ABC):
    """The line itself, as a context manager: at its end it is empty, and the result file, if one is named, is told.

    Of each trial it prints the line of the result file, too, where JSON is wanted (--json).
    """

    def __init__(self, out: Path | None, *, quiet: bool, as_json: bool = False) -> None:
        self._out = out
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
    """Say what is running, and how it does."""

    def __init__(
        self,
        total: int | None,
        out: Path | None,
        *,
        quiet: bool,
        as_json: bool = False,
        name: Callable[[Setting], str] = describe,
        modes: Iterable[str] = (),
    ) -> None:
        super().__init__(out, quiet=quiet, as_json=as_json)
        self._total = total
        self._names = Names(modes)
        self._name = name
        self._repeats = 0
        self._label = ""
        self._earlier: Progress | None = None

    def begin(self, number: int, step: Step, /) -> None:
        place = f"{number + 1 - self._repeats}{'' if self._total is None else f'/{self._total}'}"
        if step.repeats is not None:
            place = f"repeating trial {step.repeats}, at most {step.more} more"
        self._label = f"[{place}] {self._names.brief(self._name(step.setting))}"
        self._earlier = None
        if self._in_place:
            self._rewrite(self._label)
        else:
            self._print(self._label)

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
            f"{self._label}  {progress.elapsed_s:4.1f} s  lost {lost:,}  offered {offered:9,.0f}/s"
            f"  consumed {consumed:9,.0f}/s"
        )

    def end(self, trial: Trial, *, fresh: bool) -> None:
        super().end(trial, fresh=fresh)
        self._repeats += trial.repeats is not None

    def _outcome(self, trial: Trial) -> str:
        if not trial.valid:
            return f"{self._label}: invalid: {'; '.join(trial.invalid_because)}"
        return f"{self._label}: disturbed: {'; '.join(trial.disturbed_because)}" if trial.disturbed else ""


class BudgetLine(ProgressLine):
    """Says of a check with a budget, once a few rounds are done, what it will be able to tell."""

    def __init__(self, check: Check, out: Path | None, *, quiet: bool) -> None:
        modes = [setting.mode for each in check.comparisons for setting in (each.a, each.b)]
        super().__init__(check.most_trials, out, quiet=quiet, modes=modes)
        self._check = check
        self._trials: list[Trial] = []
        self._foretold = check.gate.budget_s is None

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


class SurveyProgress(LiveLine):
    """Writes one line per trial of a search; on a terminal the line is rewritten while the trial runs."""

    def __init__(
        self, loss: float, out: Path, *, quiet: bool, as_json: bool = False, modes: Iterable[str] = ()
    ) -> None:
        super().__init__(out, quiet=quiet, as_json=as_json)
        self._loss = loss
        self._names = Names(modes)
        self._line = ""

    def begin(self, _number: int, step: Step, /) -> None:
        assert isinstance(step, Question)  # of a survey
        setting = step.setting
        self._line = (
            f"{self._names.brief(name_of(setting))}  {step.purpose} {step.block + 1}  "
            f"{units.rate(setting.intended_load or 0):>8} for {setting.duration_s or 0:.1f} s"
        )
        if step.repeats is not None:
            self._line = f"repeating, at most {step.more} more at this load: {self._line}"
        if step.purpose == "search":
            self._line += f"  NDR {_range(step, 0.0)}  PDR {_range(step, self._loss)}"
        self._rewrite(self._line)

    def update(self, progress: Progress) -> None:
        lost = progress.counters.reserve_failed + progress.counters.map_full
        waiting = "" if progress.unread is None else f", {progress.unread:,} waiting"
        self._rewrite(f"{self._line}  {progress.elapsed_s:3.1f} s, {lost:,} lost{waiting}")

    def _outcome(self, trial: Trial) -> str:
        if not trial.valid:
            outcome = f"invalid: {'; '.join(trial.invalid_because)}"
        else:
            verdict = judge(trial)
            outcome = verdict.failed_by(self._loss).value
            if verdict.bad_ratio:
                outcome += f" ({units.percent(verdict.bad_ratio)} lost or left to the ring)"
        return f"{self._line}: {outcome}"


class AdviceProgress(LiveLine):
    """Writes one line per trial, with a stall or, of several channels, without."""

    def _outcome(self, trial: Trial) -> str:
        channel, lost = trial.setting.channel, no_room(trial)
        outcome = ("survived" if trial.setting.stall_s else "timed") if not lost else f"{units.count(lost)} lost"
        if trial.limited_by == "generator":
            outcome = "the load was not offered; once more"
        if not trial.valid:
            outcome = f"invalid: {'; '.join(trial.invalid_because)}"
        stalled = f", stopped for {units.seconds(STALL.value(trial) or 0.0)}" if trial.setting.stall_s else ""
        return f"{channel} of {units.size(trial.setting.ring_size_bytes or 0)}{stalled}: {outcome}"


def _range(question: Question, loss: float) -> str:
    lower, upper = closing_in(question.earlier, loss)
    return f"{'?' if lower is None else units.quantity(lower)}–{'?' if upper is None else units.quantity(upper)}"
