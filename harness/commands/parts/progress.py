"""The live line on stderr while trials run: rewritten in place on a terminal, a line a trial elsewhere."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.machine.streams import say
from harness.trial import Progress
from results import units
from results.capacity.judge import judge
from results.capacity.search import closing_in
from results.capacity.survey import Question
from results.scorecard.labels import describe, name_of
from results.shown import shown
from results.trial import Setting, Trial


class LiveLine:
    """The line itself, as a context manager: at its end it is empty, and the result file, if one is named, is told."""

    def __init__(self, out: Path | None, *, quiet: bool) -> None:
        self._out = out
        self._quiet = quiet
        self._in_place = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # With the terminal closed, what ends the run is why it ends, not that nobody can be told.
        with nullcontext() if error is None else suppress(OSError):
            self._rewrite("")
            if self._out is not None:
                self._print(f"results: {self._out}")

    def _rewrite(self, text: str) -> None:
        """Replace what stands on the line; elsewhere than on a terminal, leave it out."""
        if self._in_place and not self._quiet:
            sys.stderr.write(f"\r\x1b[2K{shown(text)}")
            sys.stderr.flush()

    def _print(self, text: str) -> None:
        if not self._quiet:
            say(text)


class ProgressLine(LiveLine):
    """Say what is running, and how it does."""

    def __init__(self, total: int, out: Path | None, *, quiet: bool) -> None:
        super().__init__(out, quiet=quiet)
        self._total = total
        self._label = ""
        self._earlier: Progress | None = None

    def begin(self, number: int, setting: Setting) -> None:
        self._label = f"[{number + 1}/{self._total}] {describe(setting)}"
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
            f"{self._label}  {progress.elapsed_s:4.1f} s  offered {offered:9,.0f}/s  consumed {consumed:9,.0f}/s"
            f"  lost {lost:,}"
        )

    def end(self, trial: Trial) -> None:
        self._rewrite("")
        if not trial.valid:
            self._print(f"{self._label}: invalid: {'; '.join(trial.invalid_because)}")
        elif trial.disturbed:
            self._print(f"{self._label}: disturbed: {'; '.join(trial.disturbed_because)}")


def print_json(trial: Trial) -> None:
    """Print a trial's line of the result file as soon as there is one (--json)."""
    print(json.dumps(trial.to_json()), flush=True)


def _consumed(progress: Progress) -> int:
    counters = progress.counters
    return counters.aggregated if progress.unread is None else counters.submitted - progress.unread


class SurveyProgress(LiveLine):
    """Writes one line a trial; on a terminal the line is rewritten while the trial runs."""

    def __init__(self, loss: float, out: Path, *, quiet: bool) -> None:
        super().__init__(out, quiet=quiet)
        self._loss = loss
        self._line = ""

    def begin(self, question: Question) -> None:
        setting = question.setting
        self._line = (
            f"{name_of(setting)}  {question.purpose} {question.leg + 1}  "
            f"{units.rate(setting.intended_load or 0):>8} for {setting.duration_s or 0:.1f} s"
        )
        if question.purpose == "search":
            self._line += f"  NDR {_range(question, 0.0)}  PDR {_range(question, self._loss)}"
        self._rewrite(self._line)

    def update(self, progress: Progress) -> None:
        lost = progress.counters.reserve_failed + progress.counters.map_full
        waiting = "" if progress.unread is None else f", {progress.unread:,} waiting"
        self._rewrite(f"{self._line}  {progress.elapsed_s:3.1f} s, {lost:,} lost{waiting}")

    def end(self, trial: Trial) -> None:
        if not trial.valid:
            outcome = f"invalid: {'; '.join(trial.invalid_because)}"
        else:
            verdict = judge(trial)
            outcome = verdict.failed_by(self._loss).value
            if verdict.bad_ratio:
                outcome += f" ({units.percent(verdict.bad_ratio)} lost or left to the ring)"
        self._rewrite("")
        self._print(f"{self._line}: {outcome}")


def _range(question: Question, loss: float) -> str:
    lower, upper = closing_in(question.earlier, loss)
    return f"{'?' if lower is None else units.quantity(lower)}–{'?' if upper is None else units.quantity(upper)}"
