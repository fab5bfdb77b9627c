"""Where results are kept, and which were made last: `@-1` names the newest, as git's and the shell's own words do.

Each session adds the path of its file to a list among the caller's own state, so that those count too whose file was
named with --out.
"""

import json
import os
from datetime import datetime
from pathlib import Path

from harness.machine.caller import Caller, make_folder
from harness.machine.streams import say
from results.errors import BadInput
from results.output import open_output

_LIST = "recent"


def state_folder(owner: Caller) -> Path:
    """Return the folder of the caller's own state (XDG base directories), made if need be. Raises BadInput."""
    folder = _folder(owner)
    if not owner.home.is_dir():  # root would make it, of one who is to have none (nobody)
        raise BadInput(f"nothing can be kept in {folder} (there is no folder {owner.home})")
    try:
        make_folder(folder, owner)
    except OSError as error:
        raise BadInput(f"nothing can be kept in {folder} ({error.strerror})") from error
    return folder


def _folder(owner: Caller) -> Path:
    return owner.home / ".local" / "state" / "bench"


def default_out(owner: Caller, command: str) -> Path:
    """Name a new result file among the caller's own state. Raises BadInput."""
    try:
        folder = state_folder(owner)
    except BadInput as error:
        raise BadInput(f"{error}; name a result file with --out FILE") from error
    return folder / f"{datetime.now():%Y-%m-%d-%H%M%S}-{command}.jsonl"


def remember(out: Path, owner: Caller) -> None:
    """Note that a result is made in this file; where that cannot be noted, say so: it is measured all the same."""
    try:
        _note(out, owner)
    except (BadInput, OSError) as error:
        say(f"bench: @-1 will not name this result: {error}")


def _note(out: Path, owner: Caller) -> None:
    path = os.path.abspath(out)  # noqa: PTH100 - a link stays the name that was given
    kept = state_folder(owner) / _LIST
    if _noted(kept)[-1:] == [path]:  # a certificate's gates are many sessions of one file
        return
    descriptor = open_output(kept, append=True)
    try:
        # After a line that a full disk tore, on one of its own.
        end = os.fstat(descriptor).st_size
        torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"
        os.write(descriptor, b"\n" * torn + json.dumps(path).encode() + b"\n")
    finally:
        os.close(descriptor)


def recent(number: int, owner: Caller) -> Path:
    """Return the result that was made last, or so many before it; what was removed does not count. Raises BadInput."""
    kept = _folder(owner) / _LIST
    there = [path for path in dict.fromkeys(reversed(_noted(kept))) if os.path.exists(path)]  # noqa: PTH110
    if number > len(there):
        has = f"{len(there)} are known" if there else "none is known"
        raise BadInput(f"there is no result @-{number}: {has} of those that this user made here; name the file")
    return Path(there[number - 1])


def _noted(kept: Path) -> list[str]:
    """Read the list, the newest last; a line that a full disk tore names nothing."""
    try:
        lines = kept.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadInput(f"cannot read {kept}: {error.strerror}") from error
    noted = []
    for line in lines:
        try:
            path = json.loads(line)
        except ValueError:
            continue
        if isinstance(path, str):
            noted.append(path)
    return noted
