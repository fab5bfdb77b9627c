"""What modes of bench do with events of a user's own program: decode and count them, or write their fields."""

import json

import numpy as np

from bpf.fields import Record
from bpf.record import Samples
from modes.parts.mode import Mode


class OwnCounting:
    """Decodes each event and counts it, for a mode."""

    def __init__(self, mode: Mode, record: Record) -> None:
        self._mode, self._record = mode, record

    def take(self, samples: Samples) -> None:
        for name in self._record.names:
            np.ascontiguousarray(self._record.column(samples, name))
        self._mode.consumed += len(samples)

    def on_record(self, _ctx: int, data: int, _size: int) -> int:
        self._record.at(data).tolist()
        self._mode.consumed += 1
        return self._mode.halt


class OwnLines:
    """A line per event: `name=value name=value`, or a JSON object; text is quoted as JSON does it in both."""

    def __init__(self, record: Record, *, as_json: bool) -> None:
        self._record, self._as_json = record, as_json

    def lines(self, samples: Samples) -> bytes:
        """Return the lines of a batch."""
        record = self._record
        columns = [record.column(samples, name).tolist() for name in record.names]
        return "".join(map(self._line, zip(*columns, strict=True))).encode()

    def line(self, data: int) -> bytes:
        """Return the line of the event at an address."""
        return self.lines(self._record.at(data))

    def _line(self, values: tuple[object, ...]) -> str:
        if self._as_json:
            named = dict(zip(self._record.names, map(_plain, values), strict=True))
            return json.dumps(named) + "\n"
        said = (json.dumps(_plain(value)) for value in values)
        return " ".join(map("=".join, zip(self._record.names, said, strict=True))) + "\n"


def _plain(value: object) -> object:
    """Make of what numpy gives what JSON holds."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
