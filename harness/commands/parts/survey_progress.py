"""The live line of `bench capacity`, where nobody knows beforehand how many trials there will be."""

from pathlib import Path

from harness.commands.parts.progress import LiveLine
from harness.trial import Progress
from results import units
from results.brief import Names
from results.capacity.advice import no_room
from results.capacity.bounds import closing_in
from results.capacity.judge import judge
from results.capacity.plan import CapacityPlan
from results.capacity.survey import Question
from results.metrics import STALL
from results.plan import Step
from results.scorecard.labels import name_of
from results.trial import Setting, Trial


class SurveyProgress(LiveLine):
    """Writes one line per trial of a search; on a terminal the line is rewritten while the trial runs."""

    def __init__(self, plan: CapacityPlan, out: Path, *, quiet: bool, as_json: bool = False) -> None:
        super().__init__(out, quiet=quiet, as_json=as_json)
        self._plan = plan
        self._names = Names(setting.mode for setting in plan.settings)
        self._line = ""
        self._place = self._began_at = 0
        self._left = 0.0

    def begin(self, number: int, step: Step, /) -> None:
        assert isinstance(step, Question)  # of a survey
        setting = step.setting
        if (place := self._plan.place_of(setting)) != self._place:
            self._place, self._began_at = place, number
        # How many trials a mode takes shows in those before it.
        usual = self._began_at / place if place else self._plan.usual_trials
        others = len(self._plan.settings) - place - 1
        self._left = max(1.0, usual - (number - self._began_at)) + usual * others
        self._line = (
            f"{self._names.brief(name_of(setting))}  {step.purpose} {step.block + 1}  "
            f"{units.rate(setting.intended_load or 0):>8} for {setting.duration_s or 0:.1f} s"
        )
        if step.repeats is not None:
            self._line = f"repeating, at most {step.more} more at this load: {self._line}"
        if step.purpose == "search":
            self._line += f"  NDR {_range(step, 0.0)}  PDR {_range(step, self._plan.loss)}"
        self._rewrite(f"{self._clock.told(self._left)}: {self._line}")

    def update(self, progress: Progress) -> None:
        lost = progress.counters.reserve_failed + progress.counters.map_full
        waiting = "" if progress.unread is None else f", {progress.unread:,} waiting"
        time = self._clock.told(self._left)
        self._rewrite(f"{time}: {self._line}  {progress.elapsed_s:3.1f} s, {lost:,} lost{waiting}")

    def _outcome(self, trial: Trial) -> str:
        if not trial.valid:
            outcome = f"invalid: {'; '.join(trial.invalid_because)}"
        else:
            verdict = judge(trial)
            outcome = verdict.failed_by(self._plan.loss).value
            if verdict.bad_ratio:
                outcome += f" ({units.percent(verdict.bad_ratio)} lost or left to the ring)"
        return f"{self._clock.told(None)}: {self._line}: {outcome}"


class AdviceProgress(LiveLine):
    """Writes one line per trial, with a stall or, of several channels, without; there are mostly `usual`."""

    def __init__(self, usual: int, out: Path, *, quiet: bool, as_json: bool = False) -> None:
        super().__init__(out, quiet=quiet, as_json=as_json)
        self._usual = usual
        self._left = usual
        self._carrier = ""

    def begin(self, number: int, step: Step, /) -> None:
        self._left = max(1, self._usual - number)
        self._carrier = _carrier(step.setting)
        self._rewrite(f"{self._clock.told(self._left)}: {self._carrier}")

    def update(self, progress: Progress) -> None:
        self._rewrite(f"{self._clock.told(self._left)}: {self._carrier}  {progress.elapsed_s:3.1f} s")

    def _outcome(self, trial: Trial) -> str:
        lost = no_room(trial)
        outcome = ("survived" if trial.setting.stall_s else "timed") if not lost else f"{units.count(lost)} lost"
        if trial.limited_by == "generator":
            outcome = "the load was not offered; once more"
        if not trial.valid:
            outcome = f"invalid: {'; '.join(trial.invalid_because)}"
        stalled = f", stopped for {units.seconds(STALL.value(trial) or 0.0)}" if trial.setting.stall_s else ""
        return f"{self._clock.told(None)}: {_carrier(trial.setting)}{stalled}: {outcome}"


def _carrier(setting: Setting) -> str:
    return f"{setting.channel} of {units.size(setting.ring_size_bytes or 0)}"


def _range(question: Question, loss: float) -> str:
    lower, upper = closing_in(question.earlier, loss)
    return f"{'?' if lower is None else units.quantity(lower)}–{'?' if upper is None else units.quantity(upper)}"
