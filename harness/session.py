"""Carry out a plan: begin a session or go on with one, answer each step, and record every trial as it ends."""

import json
import secrets
import shlex
import sys
from collections.abc import Callable, Container, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from harness.machine.caller import caller
from harness.machine.fingerprint import fingerprint
from harness.outputs import empty
from harness.probes.outside import Probing
from harness.recent import remember
from harness.rig import Rig, Trees
from harness.trial import Progress
from results.errors import BadInput
from results.file import ResultWriter, read
from results.plan import Plan, Step
from results.session import ModeSource, Session, session_differences
from results.trial import Trial

Answer = TypeVar("Answer")

# The seed of a trial is the session's and its block's: a result file holds 64 bits.
MOST_SEED = 1 << 63


def check_seed(seed: int | None) -> None:
    """Raise BadInput for a seed that a result file could not hold."""
    if seed is not None and not 0 <= seed < MOST_SEED:
        raise BadInput(f"--seed is a whole number from 0, below {MOST_SEED}; it is {seed}")


def new_session(
    plan: Mapping[str, Any],
    seed: int | None,
    modes: tuple[ModeSource, ...] = (),
    traffic: tuple[ModeSource, ...] = (),
) -> Session:
    """Make the session line of the command that is running; without a seed, one is drawn."""
    check_seed(seed)
    began = datetime.now(UTC)
    return Session(
        id=f"{began:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        started_at=began.isoformat(timespec="seconds"),
        command=f"bench {shlex.join(sys.argv[1:])}",
        seed=seed if seed is not None else secrets.randbelow(1 << 31),
        plan=plan,
        host=fingerprint(),
        modes=modes,
        traffic=traffic,
    )


def resume(
    out: Path, wanted: Mapping[str, Any], modes: tuple[ModeSource, ...], traffic: tuple[ModeSource, ...]
) -> tuple[Session, dict[int, Trial]]:
    """Find the last session of a file, with its trials by number. Raises BadInput when its plan is another.

    So it does when the machine, the versions or the content of a mode or of traffic are: its line says what they were
    for every trial that stands under it. Only a file that nobody else writes to stays as it was read.
    """
    held = read(out)
    if not held.sessions or held.sessions[-1].plan != wanted:
        raise BadInput(f"the last session of {out} has another plan; give the options it was begun with")
    session = held.sessions[-1]
    now = replace(session, host=fingerprint(), modes=modes, traffic=traffic)
    if differing := [each for each in session_differences([session, now]) if each.contradicts]:
        told = "; ".join(f"{each.fact} {each.values[0]} there, {each.values[1]} now" for each in differing)
        raise BadInput(
            f"the last session of {out} cannot go on here: {told}; begin a session without --resume (the same file "
            "takes it, and report shows both)"
        )
    return session, {trial.number: trial for trial in held.trials if trial.session == session.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Where a session is kept, how it begins, and what the probes look for. No seed: one is drawn, and recorded.

    Without `series`, what is no one number (a timeline, histograms) is left out: of hundreds of trials nobody looks at
    each, and the file stays small. `callers`: the file must be one that the user who called sudo may write.
    """

    out: Path
    seed: int | None
    resume: bool
    probing: Probing
    series: bool = True
    callers: bool = False


class Listener(AbstractContextManager[object], Protocol):
    """Hears how a session goes on. Of a trial that was recorded before, or is stored, it hears the end alone."""

    def begin(self, number: int, step: Step, /) -> None: ...

    def update(self, progress: Progress) -> None: ...

    def end(self, trial: Trial, *, fresh: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Done(Generic[Answer]):
    """What a session came to: all of its trials, and its plan's answer."""

    session: Session
    trials: tuple[Trial, ...]
    answer: Answer


def carry_out(
    plan: Plan[Answer],
    recording: Recording,
    listener: Listener,
    *,
    modes: tuple[ModeSource, ...] = (),
    traffic: tuple[ModeSource, ...] = (),
    trees: Trees = MappingProxyType({}),
    traces: Callable[[int, Container[int]], Mapping[int, Path]] = lambda _seed, _finished: {},
    rigs: Callable[..., Rig] = Rig,
) -> Done[Answer]:
    """Begin a session or go on with one, answer what its plan asks, and record each trial as it ends.

    `trees` says, by mode and arm, where consumers come from if not from here. `traces` names the files that modes are
    to fill, by the trial's number, given the seed and the numbers that are finished. `rigs` makes what runs the trials.
    Raises BadInput before anything runs for what cannot begin or go on, and when a recorded trial is not what is asked
    for.
    """
    # Through JSON, so that a plan begun and a plan read back are equal.
    row = json.loads(json.dumps(plan.to_json()))
    with ExitStack() as stack:
        if recording.resume and not recording.out.exists():
            raise BadInput(f"cannot read {recording.out}: there is no such file; begin without --resume")
        writer = stack.enter_context(ResultWriter(recording.out, alone=recording.resume, callers=recording.callers))
        finished: dict[int, Trial] = {}
        if recording.resume:
            session, finished = resume(writer.path, row, modes, traffic)
        else:
            session = new_session(row, recording.seed, modes, traffic)
        kept = traces(session.seed, finished)
        rig = stack.enter_context(
            rigs(session=session.id, seed=session.seed, traces=kept, probing=recording.probing, trees=trees)
        )
        stack.enter_context(listener)
        if not recording.resume:
            writer.session(session)
        remember(writer.path, caller())
        empty(kept)
        trials: list[Trial] = []
        known = dict(finished)

        def ask(step: Step) -> Trial:
            number = len(trials)
            if number not in known:
                made = _made(step, number)
                writer.trial(*made)
                known.update({each.number: each for each in made})
            trial = known[number]
            if not step.is_answered_by(trial):
                raise BadInput(
                    f"trial {number} of the session to resume is not the one that comes next: the file was written by "
                    "another version, or trials are missing in the middle; begin anew without --resume"
                )
            trials.append(trial)
            listener.end(trial, fresh=number not in finished and step.stored is None)
            return trial

        def _made(step: Step, number: int) -> tuple[Trial, ...]:
            if step.stored is not None:
                stored = replace(
                    step.stored, session=session.id, number=number, block=step.block, arm=step.arm, repeats=None
                )
                return (stored,)
            listener.begin(number, step)
            if step.beside is None:
                made: tuple[Trial, ...] = (rig.run(step, number=number, on_progress=listener.update),)
            else:
                made = rig.run_pair(step, step.beside, number=number)
            return made if recording.series else tuple(replace(trial, series={}) for trial in made)

        answer = plan.answer(ask, session.seed)
    return Done(session, tuple(trials), answer)
