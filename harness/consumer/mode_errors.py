"""What a mode's code does wrong, as one line with its file and line."""

import contextlib
import operator
import reprlib
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from modes import Mode

_LOOKED_AT = 16
_MOST = 2**64


def describe(error: BaseException, mode: type[Mode]) -> str:
    """Write an error with the innermost line of the mode's own file in it, or of any; a count that is none has none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = getattr(sys.modules.get(mode.__module__), "__file__", None)
    others = [] if frames and frames[-1].filename == __file__ else frames
    place = ([frame for frame in frames if frame.filename == own] or others)[-1:]
    where = f" ({Path(place[0].filename).name}:{place[0].lineno})" if place else ""
    said = str(error)
    return f"{type(error).__name__}{': ' if said else ''}{said}{where}"


@contextlib.contextmanager
def callback_errors(mode: Mode, stop: Callable[[], None]) -> Iterator[list[BaseException]]:
    """Collect what on_record raises: ctypes swallows it, and only tells the interpreter's hook."""
    raised: list[BaseException] = []

    def hook(unraisable: Any) -> None:
        if unraisable.exc_value is not None:
            raised.append(unraisable.exc_value)
        stop()
        mode.halt = -1

    sys.unraisablehook = hook
    try:
        yield raised
    finally:
        sys.unraisablehook = sys.__unraisablehook__


def whole(value: object, what: str = "consumed") -> int:
    """Return a count of any integral type as an int. Raises TypeError or ValueError for what is no count."""
    try:
        number = int(operator.index(value))  # type: ignore[arg-type] # whether it can is the question
    except TypeError:
        said = f"{what} is {reprlib.repr(value)}, of type {type(value).__name__}; it must be a whole number of events"
        raise TypeError(said) from None
    if not 0 <= number < _MOST:
        raise ValueError(f"{what} is {reprlib.repr(number)}, which is not a number of events")
    return number


def look_at_counts(mode: Mode) -> None:
    """Have a mode's first counts checked as it makes them, so that a wrong one is told with its line.

    For so long `consumed` is a property of its class; later, nothing stands between the mode and its count. The mode
    itself is left as it is: once its class is changed, or its __dict__ looked at, CPython reads each attribute of it
    slower for good (Objects/typeobject.c, object_set_class), which was 40 ns a callback.
    """
    plain = type(mode)
    if hasattr(plain, "consumed"):  # it defines its own
        return
    left, held = _LOOKED_AT, whole(mode.consumed)

    def read(_self: Mode) -> int:
        return held

    def write(self: Mode, value: object) -> None:
        nonlocal left, held
        held = whole(value)
        left -= 1
        if not left:
            del plain.consumed  # type: ignore[misc]
            self.consumed = held

    plain.consumed = property(read, write)  # type: ignore[assignment] # for a while
