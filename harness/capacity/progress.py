"""The live line of a survey: what is tried, and how the bounds close in."""

from __future__ import annotations

from pathlib import Path

from harness.progress import LiveLine
from harness.trial import Progress
from results import units
from results.capacity.judge import judge
from results.capacity.search import closing_in
from results.capacity.survey import Question
from results.capacity.words import name_of
from results.trial import Trial


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
