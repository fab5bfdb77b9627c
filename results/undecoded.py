"""Lines of a result file whose largest parts stay text until somebody asks for them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, TypedDict, TypeVar, Union, get_args, get_origin

import msgspec

from results.line import harmless, parse

_Decoded = TypeVar("_Decoded")


def _parsed(hint: Any) -> Any:
    """Return what a line holds where a dataclass has this: numbers stay as they are written, sequences are lists."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is float:
        return int | float
    if origin in (Union, UnionType):
        return reduce(or_, map(_parsed, arguments))
    if origin is tuple:
        return list[_parsed(arguments[0])]  # type: ignore[misc]
    if origin is Mapping:
        return dict[arguments[0], _parsed(arguments[1])]  # type: ignore[valid-type,misc]
    return hint


class Undecoded(Mapping[str, Any]):
    """Values by name, each decoded when it is asked for: of many trials' histograms and timelines few are shown."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, msgspec.Raw]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return msgspec.json.decode(self._values[name])

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._values else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str) -> bytes:
        """Return a value as it is written; empty where there is none."""
        return bytes(self._values.get(name, b""))

    def decoded(self, name: str, decoder: msgspec.json.Decoder[_Decoded]) -> _Decoded:
        """Decode a value that has a type. Raises KeyError, and ValidationError for one of another."""
        return decoder.decode(self._values[name])


class Lines:
    """Parses the lines of one type, of which there are many: of fields that have no name here nobody reads anything.

    What holds an `Undecoded` was parsed by these types, and so fits them.
    """

    def __init__(self, of_type: str, hints: Mapping[str, Any], undecoded: str) -> None:
        """Take the fields with what they hold; leave the values of one, an object, until they are asked for."""
        typed: Any = TypedDict
        kinds = {
            "type": str,
            **{name: _parsed(hint) for name, hint in hints.items()},
            undecoded: dict[str, msgspec.Raw],
        }
        self._decoder: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(typed("Line", kinds, total=False))
        self._type = of_type
        self._undecoded = undecoded

    def parse(self, raw: bytes) -> dict[str, Any]:
        """Parse a line of any type, as `parse` does."""
        # What is passed over unseen must hold nothing that is to be refused, or that cannot be decoded later.
        if harmless(raw):
            with suppress(msgspec.DecodeError, RecursionError):  # said in words of ours, then
                row = self._decoder.decode(raw)
                if row.get("type") == self._type and self._undecoded in row:
                    row[self._undecoded] = Undecoded(row[self._undecoded])
                    return row
        return parse(raw)
