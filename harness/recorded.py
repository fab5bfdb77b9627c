"""A session whose next step follows from its trials so far: it can be interrupted anywhere and go on from its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from harness.caller import caller
from harness.host import fingerprint
from harness.probes.outside import Probing
from harness.recording import default_out, new_session
from harness.rig import Rig
from harness.trial import Progress
from results.errors import BadInput
from results.host import session_differences
from results.session import ModeSource, Session
from results.store import ResultWriter, read
from results.trial import Setting, Trial


def open_results(out: Path | None, command: str, *, resume: bool) -> ResultWriter:
    """Open the result file of a session. Raises BadInput where it cannot be written, or not gone on with."""
    if not resume:
        return ResultWriter(out or default_out(caller(), command))
    if out is None:
        raise BadInput("--resume needs --out FILE, the result file to go on with")
    if not out.exists():
        raise BadInput(f"cannot read {out}: there is no such file; begin without --resume")
    return ResultWriter(out, alone=True)


def begin(plan: Mapping[str, Any], seed: int | None, modes: tuple[ModeSource, ...]) -> tuple[Session, None]:
    """Begin a session that no file has yet."""
    # Through JSON, so that a plan begun and a plan read back are equal.
    return new_session(json.loads(json.dumps(plan)), seed, modes), None


def resume(out: Path, plan: Mapping[str, Any], modes: tuple[ModeSource, ...]) -> tuple[Session, list[Trial]]:
    """Find the last session of a file, with its trials. Raises BadInput when its plan is another.

    So it does when the machine, the versions or the content of a mode are: its line says what they were for every trial
    that stands under it. Only a file that nobody else writes (`open_results`) stays as it was read.
    """
    held = read(out)
    wanted = json.loads(json.dumps(plan))
    if not held.sessions or held.sessions[-1].plan != wanted:
        raise BadInput(f"the last session of {out} has another plan; give the options it was begun with")
    session = held.sessions[-1]
    now = replace(session, host=fingerprint(), modes=modes)
    if differing := [each for each in session_differences([session, now]) if each.contradicts]:
        told = "; ".join(f"{each.fact} {each.values[0]} there, {each.values[1]} now" for each in differing)
        raise BadInput(
            f"the last session of {out} cannot go on here: {told}; begin a session without --resume (the same file "
            "takes it, and report shows both)"
        )
    done = [trial for trial in held.trials if trial.session == session.id]
    return session, sorted(done, key=lambda trial: trial.number)


class Watch(Protocol):
    """Looks at a trial while it runs, and adds to it what it saw."""

    def look(self, progress: Progress) -> None: ...

    def added_to(self, trial: Trial) -> Trial: ...


class Recorded:
    """Hands out the trials that a session has already, then runs new ones and appends them, as a context manager.

    `done` are the trials of a session to resume, None for a new one. `trials` are all that were handed out.
    """

    def __init__(self, session: Session, done: list[Trial] | None, writer: ResultWriter, probing: Probing) -> None:
        self.trials: list[Trial] = []
        self._session = session
        self._is_new = done is None
        self._done = done or []
        self._writer = writer
        self._rig = Rig(session=session.id, seed=session.seed, probing=probing)

    def __enter__(self) -> Recorded:
        if self._is_new:
            self._writer.session(self._session)
        self._rig.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rig.__exit__(kind, error, trace)

    def next(self, setting: Setting, *, block: int, watch: Watch) -> Trial:
        """Return the next trial. Raises BadInput when a recorded one is not what is asked for."""
        number = len(self.trials)
        if number < len(self._done):
            trial = self._done[number]
            if trial.setting != setting or trial.number != number:
                raise BadInput(
                    f"trial {trial.number} of the session to resume is not the one that comes next: the file was "
                    "written by another version, or trials are missing in the middle; begin anew without --resume"
                )
        else:
            trial = watch.added_to(self._rig.run(setting, number=number, block=block, on_progress=watch.look))
            # Hundreds of trials are made, and none is looked at for its timeline: the file stays small.
            trial = replace(trial, series={})
            self._writer.trial(trial)
        self.trials.append(trial)
        return trial

    @property
    def replaying(self) -> bool:
        """Whether the next trial is one that the session has already."""
        return len(self.trials) < len(self._done)
