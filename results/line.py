"""One line of a result file: JSON of bounded numbers and printable text, fitted to the fields of a dataclass.

A result file may come from anyone, so what it holds is checked here, once; what has passed can be computed with and
printed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from results.errors import BadInput

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_WIDEST = 2**64  # no counter or clock of the kernel is wider
_DEEPEST = 32

# Text that a terminal or a page would act on instead of showing it: controls, bidirectional overrides, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Where such text can stand in a JSON line: escaped, or raw above 0x7e (raw controls are no JSON).
_SUSPECT = re.compile(r"\\[ubfr]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def parse(raw: bytes) -> dict[str, Any]:
    """Parse one line into an object whose numbers are finite and whose text is printable. Raises BadInput."""
    try:
        text = raw.decode()
        row = json.loads(text, parse_constant=_no_constant)
        if not isinstance(row, dict):
            raise BadInput("not an object")
        _check_numbers(row, 0)
        return {str(key): value for key, value in _printable(row).items()} if _SUSPECT.search(text) else row
    except UnicodeDecodeError as error:
        raise BadInput("not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise BadInput("not a result: nested too deeply") from error


def fit(made: DataclassInstance) -> None:
    """Check the values of a dataclass against its fields' types. Raises TypeError naming the field that is wrong."""
    hints = _hints(type(made))
    for name in (f.name for f in fields(made)):
        value = getattr(made, name)
        if is_dataclass(value) and not isinstance(value, type):
            fit(value)
        elif not _fits(value, hints[name]):
            raise TypeError(f"{name} is {_short(value)}, which it cannot be")


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _fits(value: object, hint: Any) -> bool:  # noqa: PLR0911 - a case a kind of hint
    if hint is Any:
        return True
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is Literal:
        return isinstance(value, str) and value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(each, arguments[0]) for each in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(_fits(each, arguments[1]) for each in value.values())
    if hint is NoneType:
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _check_numbers(value: object, depth: int) -> None:
    if depth > _DEEPEST:
        raise BadInput("not a result: nested too deeply")
    if isinstance(value, dict):
        for each in value.values():
            _check_numbers(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check_numbers(each, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadInput("a number is not finite")
        if abs(value) > 1e30:
            raise BadInput(f"a number is beyond any measurement: {value:.3g}")
    elif isinstance(value, int) and abs(value) > _WIDEST:
        raise BadInput("a count is wider than 64 bits")


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNPRINTABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_printable(key): _printable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return value


def _short(value: object) -> str:
    text = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _no_constant(name: str) -> NoReturn:
    raise BadInput(f"a number is {name}")
