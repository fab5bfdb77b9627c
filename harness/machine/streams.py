"""The standard streams: there, able to show any text, and without a word of their own in how bench ends."""

import codecs
import io
import logging
import os
import select
import sys
import warnings
from contextlib import suppress
from typing import TextIO

from results.shown import cut, shown, unencodable

_ENCODING_ERRORS = "bench"
_PLAIN_TERMINALS = ("", "dumb", "unknown")
# A pipe that takes nothing for so long, after somebody asked for the end, is read by nobody.
PATIENCE_S = 1.0
_USUAL_WIDTH = 80  # of a terminal that says none


def take_descriptors() -> None:
    """Open what the caller closed, before anything else can have its number for good.

    A result file that became number 2 would get every library's complaints; and libffi 3.8, which ctypes imports, keeps
    its own file open. Nobody misses what goes to a closed stderr; results that go to a closed stdout are an error when
    they are written.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)


def prepare() -> None:
    """Let any text be printed in any encoding, on the descriptors that were taken."""
    hide_deprecations()
    # Where no home can be written to, matplotlib goes on without its cache; what it says of that, while it is imported,
    # is advice that nobody who wants a page can follow.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    codecs.register_error(_ENCODING_ERRORS, unencodable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ENCODING_ERRORS)


def hide_deprecations() -> None:
    """Keep what dependencies will have to change one day (bcc's `_pack_` on Python 3.14) from the user, who cannot.

    Python itself shows such a warning where it takes it for one of the program's own. All others are shown, and these
    too where somebody asks for them (-W, PYTHONWARNINGS, PYTHONDEVMODE).
    """
    if not sys.warnoptions:
        for category in (DeprecationWarning, PendingDeprecationWarning):
            warnings.simplefilter("ignore", category)


def say(*lines: object) -> None:
    """Say lines to whoever sits at stderr, at once; each stays one, as a line may be taken for a command (GitHub)."""
    print(*map(shown, lines), sep="\n", file=sys.stderr, flush=True)


def redraws(stream: TextIO) -> bool:
    """Tell whether what stands on a stream may be rewritten: on a terminal that can, where nobody wants it plain."""
    return stream.isatty() and os.environ.get("TERM", "") not in _PLAIN_TERMINALS and not os.environ.get("NO_COLOR")


def redraw(text: str) -> None:
    """Put a text in the place of stderr's last line.

    It is cut to the width that the terminal has now: of a line that wraps, the next one would erase the last row alone.
    """
    try:
        width = os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        width = 0
    sys.stderr.write(f"\r\x1b[2K{cut(shown(text), (width or _USUAL_WIDTH) - 1)}")
    sys.stderr.flush()


def last_word(*lines: object) -> None:
    """Say why bench ends; where nobody can hear it, the exit status must do."""
    with suppress(OSError):
        say(*lines)


def drop_unread(patience_s: float = 0) -> None:
    """Send to nowhere what a full pipe that nobody reads will not take, also of a write that is under way."""
    for number in (1, 2):
        if not select.select([], [number], [], patience_s)[1]:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def reader_gone() -> bool:
    """Tell whether nobody reads stdout any more, where it is a pipe or a socket."""
    polled = select.poll()
    polled.register(1, 0)
    return bool(polled.poll(0))


def give_up() -> None:
    """Write what is left; what cannot be is dropped, lest the interpreter try again at its end and set the status."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
