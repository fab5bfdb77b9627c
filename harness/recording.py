"""Begin a session, and name the file that keeps it."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.caller import Caller, make_folder
from harness.host import fingerprint
from results.errors import BadInput
from results.session import ModeSource, Session

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
