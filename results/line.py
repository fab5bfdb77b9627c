"""One line of a result file: JSON of bounded numbers, fitted to the fields of a dataclass.

A result file may come from anyone, so what it holds is checked here, once; what has passed can be computed with. Its
text is as it was, and made safe where it is shown (results/shown.py).
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from results.errors import BadInput

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_WIDEST = 2**64  # no counter or clock of the kernel is wider
_WIDEST_DIGITS = str(_WIDEST).encode()
_DEEPEST = 32

# To see quickly that a line is harmless: all digits alike, and nothing left but what makes its structure.
_DIGITS = bytes.maketrans(b"0123456789E", b"0" * 10 + b"e")
_NO_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))


def _no_constant(name: str) -> NoReturn:
    raise BadInput(f"a number is {name}")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def parse(raw: bytes) -> dict[str, Any]:
    """Parse one line into an object whose numbers are finite. Raises BadInput."""
    try:
        row = _DECODER.decode(raw.removeprefix(codecs.BOM_UTF8).decode())
        if not isinstance(row, dict):
            raise BadInput("not an object")
        check_numbers(row)
        return row
    except UnicodeDecodeError as error:
        raise BadInput("not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise BadInput("not a result: nested too deeply") from error


def fit(made: DataclassInstance) -> None:
    """Check the values of a dataclass against its fields' types. Raises TypeError naming the field that is wrong."""
    for values, fits in _together(type(made)):
        if not fits(values(made)):
            break
    else:
        return
    for name, hint in _hints(type(made)):
        value = getattr(made, name)
        if not _check_of(hint)(value):
            raise TypeError(f"{name} is {_short(value)}, which is not allowed")


def listed(name: str, value: object) -> tuple[Any, ...]:
    """Take a list; a text is none, though it could be gone through. Raises TypeError naming it for anything else."""
    if type(value) is not list:
        raise TypeError(f"{name} is {_short(value)}, which is not allowed")
    return tuple(value)


_Fits = Callable[[Any], bool]


@cache
def _together(kind: type[DataclassInstance]) -> tuple[tuple[Callable[[Any], Any], _Fits], ...]:
    """Settle once what is checked, and how: fields of the same plain types at once, since there are many of them."""
    hints = dict(_hints(kind))
    alike: dict[object, list[str]] = {}
    for name, hint in hints.items():
        alike.setdefault(_plain(hint) or hint, []).append(name)
    return tuple(
        (attrgetter(*names), (_check_of if len(names) == 1 else _every)(hints[names[0]])) for names in alike.values()
    )


@cache
def _hints(kind: type[DataclassInstance]) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((f.name, hints[f.name]) for f in fields(kind))


def _check_of(hint: Any) -> _Fits:
    """Return what tells whether a value fits a hint. By exact types, so that True is no number."""
    types, origin, arguments = _plain(hint), get_origin(hint), get_args(hint)
    if types:
        return lambda value: type(value) in types
    if origin in (Union, UnionType):
        others = frozenset(each for each in arguments if _plain(each))
        (rest,) = (_check_of(each) for each in arguments if each not in others)  # None or one that is not plain
        return lambda value: type(value) in others or rest(value)
    if origin is Literal:
        return lambda value: type(value) is str and value in arguments
    if origin is tuple:
        every = _every(arguments[0])
        return lambda value: type(value) is tuple and every(value)
    if origin is Mapping:
        every = _every(arguments[1])
        return lambda value: isinstance(value, Mapping) and every(value.values())
    return lambda value: isinstance(value, hint)


def _plain(hint: Any) -> frozenset[type]:
    """Return the types that fit a hint of plain ones; empty for any other hint."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if not set(kinds) <= {int, float, str, bool, NoneType}:
        return frozenset()
    return frozenset(kinds) | ({int} if float in kinds else set())


def _every(hint: Any) -> Callable[[Iterable[Any]], bool]:
    """Return what tells whether all values fit a hint; of plain types at once, since there are many of them."""
    if types := _plain(hint):
        return lambda values: types.issuperset(map(type, values))
    if hint is Any:
        return lambda _values: True
    check = _check_of(hint)
    return lambda values: all(check(value) for value in values)


def harmless(raw: bytes) -> bool:
    """Tell whether a line holds nothing that `parse` would look at more closely: it is JSON of plain ASCII, or none."""
    return raw.isascii() and not _may_be_wide(raw) and not _may_be_deep(raw)


def _may_be_wide(raw: bytes) -> bool:
    """Tell whether a number can be wider than 64 bits, or beyond any measurement: by its digits or its exponent."""
    alike = raw.translate(_DIGITS)
    if b"0e" in alike and (b"0e0" in alike or b"0e+" in alike):  # few lines have an exponent, and each look costs
        return True
    at = alike.find(b"0" * 20)
    while at >= 0:
        # Checksums have as many digits as the widest, and are not wider.
        if raw[at : at + 20] > _WIDEST_DIGITS or alike.startswith(b"0", at + 20):
            return True
        at = alike.find(b"0" * 20, at + 20)
    return False


def _may_be_deep(raw: bytes) -> bool:
    """Tell whether a line can be nested too deeply, without looking into its innermost lists and objects."""
    if b"\\" in raw:
        return True
    most = _DEEPEST - 4
    if len(raw.split(b"[", most)) + len(raw.split(b"{", most)) < most:  # most lines: quicker than to count all
        return False
    structure = raw.translate(None, _NO_STRUCTURE).replace(b'""', b"")
    rest = structure.replace(b"[]", b"").replace(b"{}", b"").replace(b"[]", b"").replace(b"{}", b"")
    # What is in quotes is no structure.
    return b'"' in rest or rest.count(b"[") + rest.count(b"{") > most


def check_numbers(value: object, depth: int = 0) -> None:
    """Raise BadInput for a number that no result holds."""
    if depth > _DEEPEST:
        raise BadInput("not a result: nested too deeply")
    if isinstance(value, dict):
        for each in value.values():
            check_numbers(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            check_numbers(each, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadInput("a number is not finite")
        if abs(value) > 1e30:
            raise BadInput(f"a number is beyond any measurement: {value:.3g}")
    elif isinstance(value, int) and abs(value) > _WIDEST:
        raise BadInput("a count is wider than 64 bits")


def _short(value: object) -> str:
    text = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}…"
