"""What `bench install` puts beside the link, for all users: the manual page, and what completes bench's words."""

import os
from collections.abc import Iterator
from pathlib import Path

from harness.machine.checkout import checkout

SHARE = Path("/usr/local/share")
MANUAL = "man/man1/bench.1"
# Where each shell looks without being told.
SCRIPTS = {
    "bash": "bash-completion/completions/bench",
    "zsh": "zsh/site-functions/_bench",
    "fish": "fish/vendor_completions.d/bench.fish",
}


def put_beside() -> Iterator[str]:
    """Write them, the newest in the place of ours of before; yield what could not be, and why."""
    os.umask(0o022)  # for all to read, whatever root's own mask is
    for shell, place in {"": MANUAL, **SCRIPTS}.items():
        path = SHARE / place
        if os.path.lexists(path) and not _is_ours(path):
            yield f"{path} is there and is not this checkout's: it is left as it is"
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_written(shell), encoding="utf-8")
        except OSError as error:
            yield f"{path} could not be made ({error.strerror})"


def _written(shell: str) -> str:
    """Write the script for a shell or, for none, the page."""
    # They are made from all commands, and load what any of these needs.
    from harness.commands.parts.manual_page import manual_page  # noqa: PLC0415
    from harness.commands.parts.shells import completion  # noqa: PLC0415

    return f"{completion(shell)}\n# {_mark()}\n" if shell else f'{manual_page()}.\\" {_mark()}\n'


def take_away() -> Iterator[Path]:
    """Remove those of this checkout, and yield each."""
    for path in (SHARE / place for place in (MANUAL, *SCRIPTS.values())):
        if _is_ours(path):
            path.unlink()
            yield path


def _mark() -> str:
    return f"put here by the command install of {checkout()}"


def _is_ours(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    return path.read_bytes().rstrip().endswith(os.fsencode(_mark()))
