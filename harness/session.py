"""Begin a session, or go on with one: its next step follows from its trials so far, which are in its file."""

from __future__ import annotations

import json
import secrets
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from harness.machine.caller import Caller, caller, make_folder
from harness.machine.fingerprint import fingerprint
from harness.probes.outside import Probing
from harness.rig import Rig
from harness.trial import Progress
from results.errors import BadInput
from results.file import ResultWriter, read
from results.session import ModeSource, Session, session_differences
from results.trial import Setting, Trial

# The seed of a trial is the session's and its block's: a result file holds 64 bits.
MOST_SEED = 1 << 63


def check_seed(seed: int | None) -> None:
    """Raise BadInput for a seed that a result file could not hold."""
    if seed is not None and not 0 <= seed < MOST_SEED:
        raise BadInput(f"--seed is a whole number from 0, below {MOST_SEED}; it is {seed}")


def new_session(plan: Mapping[str, Any], seed: int | None, modes: tuple[ModeSource, ...] = ()) -> Session:
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
    )


def state_folder(owner: Caller) -> Path:
    """Return the folder of the caller's own state (XDG base directories), made if need be. Raises BadInput."""
    folder = owner.home / ".local" / "state" / "bench"
    try:
        make_folder(folder, owner)
    except OSError as error:
        raise BadInput(
            f"no result file can be made in {folder} ({error.strerror}); name one with --out FILE"
        ) from error
    return folder


def default_out(owner: Caller, command: str) -> Path:
    """Name a new result file among the caller's own state."""
    return state_folder(owner) / f"{datetime.now():%Y-%m-%d-%H%M%S}-{command}.jsonl"


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
