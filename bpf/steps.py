"""What a step is before it is machine code: the arrays that it takes, the functions that it calls, its sources."""

from __future__ import annotations

import hashlib
import inspect
import sysconfig
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from results.errors import BadInput

Step = Callable[..., "bool | None"]

_STANDARD = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
_PLAIN = (int, float, bool, str, bytes, tuple, np.generic)


@dataclass(frozen=True, slots=True)
class Described:
    """A step: the element types of its arrays, in order, and the Python functions that it calls, itself the last.

    `text` is all that it was written from: the files of these functions and the constants that they name.
    """

    arrays: tuple[np.dtype[Any], ...]
    functions: tuple[types.FunctionType, ...]
    text: bytes


def described(step: Step) -> Described:
    """Look at a step. Raises BadInput for what is none, with its file and line."""
    if not isinstance(step, types.FunctionType):
        raise BadInput(f"step is {step!r}: write it as a function, with @staticmethod above it")
    functions: dict[types.FunctionType, None] = {}
    digest = hashlib.sha256()
    for part in _parts(step, functions):
        digest.update(part)
    return Described(_arrays(step), tuple(functions), digest.digest())


def place(function: types.FunctionType) -> str:
    """Name a function's file and line."""
    return f"{Path(function.__code__.co_filename).name}:{function.__code__.co_firstlineno}"


def _arrays(step: types.FunctionType) -> tuple[np.dtype[Any], ...]:
    _record, *names = inspect.signature(step).parameters
    try:
        hints = typing.get_type_hints(step)
    except Exception as error:  # an annotation is the user's code
        raise BadInput(f"the annotations of step cannot be read: {error} ({place(step)})") from error
    found = []
    for name in names:
        hint = hints.get(name)
        # From Python 3.12 on numpy's NDArray is an alias that is kept (PEP 695), and no longer the array that it means.
        meant = getattr(typing.get_origin(hint), "__value__", None)
        hint = hint if meant is None else meant[typing.get_args(hint)]
        element = [kind for part in typing.get_args(hint)[1:] for kind in typing.get_args(part)]
        if typing.get_origin(hint) is not np.ndarray or len(element) != 1 or element[0] is Any:
            said = "annotate it, as in drops: npt.NDArray[np.int64]"
            raise BadInput(f"step takes {name}, and does not say of what elements; {said} ({place(step)})")
        found.append(np.dtype(element[0]))
    return tuple(found)


def _parts(function: types.FunctionType, seen: dict[types.FunctionType, None]) -> Iterator[bytes]:
    """Yield what a function and all that it calls was written from; add them to `seen`, what is called first."""
    if function in seen:
        return
    seen[function] = None
    file = function.__code__.co_filename
    yield f"{file} {function.__qualname__} {function.__code__.co_firstlineno}".encode() + function.__code__.co_code
    if Path(file).is_file():
        yield Path(file).read_bytes()
    for name, value in sorted(_named(function).items()):
        if isinstance(value, types.FunctionType):
            if not (value.__code__.co_filename.startswith(_STANDARD) or "-packages" in value.__code__.co_filename):
                yield from _parts(value, seen)
        elif isinstance(value, np.ndarray):
            yield name.encode() + str(value.dtype).encode() + value.tobytes()
        elif isinstance(value, _PLAIN):
            yield f"{name} {value!r}".encode()
    seen[function] = seen.pop(function)  # behind what it calls


def _named(function: types.FunctionType) -> Mapping[str, Any]:
    """Return what a function's names outside of it mean."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    known = {name: function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__}
    return known | {name: cell.cell_contents for name, cell in cells}


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
