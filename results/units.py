"""Numbers as people read them, with three significant digits and a unit, and as they write them."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from results.errors import BadInput

# By the digits 0 to 9 alone: what int() and float() take beside them (1_5, ١٠) is seldom what was meant. Thousands may
# be parted, in threes.
_WHOLE = re.compile(r"[+-]?([0-9]{1,30}|[0-9]{1,3}(_[0-9]{3}){1,9})")
_NUMBER = re.compile(rf"({_WHOLE.pattern}|[+-]?(?=\.[0-9]))(\.[0-9]*)?(e[+-]?[0-9]+)?", re.IGNORECASE)
_PARTED_BY_COMMAS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_SIZE = re.compile(r"([0-9]{1,30})\s*(|k|kib|m|mib|g|gib)", re.IGNORECASE)
_DURATION = re.compile(r"([0-9]{1,30}(?:\.[0-9]+)?)\s*(s|m|h|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_POWERS = {"": 0, "k": 10, "m": 20, "g": 30}
_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def digits(value: float) -> str:
    """Write a number with three significant digits and no exponent."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{round(value, places):.{min(places, 12)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: float) -> str:
    """Write a whole number in full, its thousands parted."""
    return f"{value:,.0f}"


def quantity(value: float) -> str:
    """Write a number with k, M or G where it is a thousand or more."""
    for size, prefix in _PREFIXES:
        if abs(value) >= size * 0.9995:
            return f"{digits(value / size)}{prefix}"
    return digits(value)


def rate(value: float) -> str:
    """Write events per second."""
    return f"{quantity(value)}/s"


def nanoseconds(value: float) -> str:
    """Write a time given in nanoseconds in the unit that keeps it short."""
    if value == 0:
        return "0"
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if abs(value) >= size * 0.9995:
            return f"{digits(value / size)} {unit}"
    return f"{digits(value)} ns"


def seconds(value: float) -> str:
    """Write a time given in seconds."""
    return nanoseconds(value * 1e9)


def clock(value: float) -> str:
    """Write seconds as a clock shows them: 0:41, 3:20, 1:02:03."""
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(value: float) -> str:
    """Write bytes in powers of 1024."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if abs(value) >= unit:
            return f"{digits(value / unit)} {name}"
    return f"{digits(value)} B"


def percent(value: float) -> str:
    """Write a ratio in percent; a loss too small for the digits is never rounded to none."""
    if value and abs(value) < 0.00001:
        return "< 0.001 %"
    return f"{digits(round(value * 100, 3))} %"


def read_size(text: str) -> int:
    """Read bytes: 65536, 64K or 1MiB. Raises BadInput."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise BadInput(f"{text!r} is no number of bytes such as 65536, 64K or 1M")
    return int(found[1]) << _POWERS[found[2].lower()[:1]]


def read_whole(text: str) -> int:
    """Read a whole number. Raises BadInput."""
    if not _WHOLE.fullmatch(text.strip()):
        raise BadInput(f"{text!r} is no whole number such as 10 or 1_000")
    return int(text)


def read_number(text: str) -> float:
    """Read a number that can be computed with: nan, inf and 1e999 are none. Raises BadInput."""
    if not _NUMBER.fullmatch(text.strip()):
        raise BadInput(f"{text!r} is no number such as 10, 0.5 or 1e6")
    number = float(text)
    if not math.isfinite(number):
        raise BadInput(f"{text!r} is no finite number")
    return number


def read_duration(text: str) -> float:
    """Read a time in seconds: 60, 60s, 2m or 1.5h. Raises BadInput."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise BadInput(f"{text!r} is no time such as 60s, 2m or 1.5h")
    return float(found[1]) * _SECONDS[found[2]]


def read_rate(text: str) -> float | None:
    """Read drops per second, as bench writes them (100,000) too; or max, which is None. Raises BadInput."""
    if text == "max":
        return None
    parted = _PARTED_BY_COMMAS.fullmatch(text.strip())
    try:
        return read_number(text.replace(",", "") if parted else text)
    except BadInput as error:
        raise BadInput(f"{text!r} is neither a number of drops per second (1.5, 100000, 100,000) nor max") from error


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts as it stands in a file, and how it is written for people."""

    name: str
    write: Callable[[float], str]


NANOSECONDS = Unit("ns", nanoseconds)
SECONDS = Unit("s", seconds)
BYTES = Unit("bytes", size)
RATIO = Unit("ratio", percent)
COUNT = Unit("count", quantity)
PER_EVENT = Unit("/event", digits)
PER_SECOND = Unit("/s", rate)
