"""Lines of a result file whose largest parts stay text until somebody asks for them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypedDict, TypeVar

import msgspec

from results.line import harmless, parse

_Decoded = TypeVar("_Decoded")


class Undecoded(Mapping[str, Any]):
    """Values by name, each decoded when it is asked for: of many trials' histograms and timelines few are shown."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, msgspec.Raw]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return msgspec.json.decode(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def decoded(self, name: str, decoder: msgspec.json.Decoder[_Decoded]) -> _Decoded:
        """Decode a value that has a type. Raises KeyError, and ValidationError for one of another."""
        return decoder.decode(self._values[name])


class Lines:
    """Parses the lines of one type, of which there are many: of fields that have no name here nobody reads anything."""

    def __init__(self, of_type: str, names: Iterable[str], undecoded: str) -> None:
        """Leave the values of one field, an object, as they are until they are asked for."""
        typed: Any = TypedDict
        kinds = {**dict.fromkeys(("type", *names), Any), undecoded: dict[str, msgspec.Raw]}
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
