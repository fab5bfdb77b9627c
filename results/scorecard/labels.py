"""The name of a setting: beside others, as briefly as tells them apart; alone, in a few words."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from results import units
from results.shown import shown
from results.trial import Setting

# What tells settings of a mode apart, in the order of labels: first what makes the consumer, then the load on it.
_FIELDS = (
    "reader", "wait", "decode", "format", "wakeup", "interval_ns", "object_kind", "window_events", "gc", "python",
    "handicap", "program", "foreign",
    "traffic", "channel", "when_full", "ring_size_bytes", "producers", "sender", "shape", "stall_s",
    "intended_load", "trial_kind", "windows",
)  # fmt: skip

# Not named where they are as usual: the defaults of bench.
USUAL_RING_BYTES = 1 << 20
USUAL_TRAFFIC = "udp-closed-port"
USUAL_CHANNELS = ("ring", "map")


def labels(settings: Iterable[Setting]) -> dict[Setting, str]:
    """Name settings as briefly as tells them apart: the mode, then whatever differs among those of that mode."""
    modes: dict[str, list[Setting]] = {}
    for setting in settings:
        modes.setdefault(setting.mode, []).append(setting)
    names = {}
    for mode, peers in modes.items():
        telling = _telling(peers)
        for setting in peers:
            names[setting] = " ".join([shown(mode), *filter(None, (_word(setting, name) for name in telling))])
    return names


def apart(named: Sequence[str], settings: Sequence[Setting]) -> list[str]:
    """Make names that no two share: labels round the load, and loads of a search lie close together."""
    times = Counter(named)
    return numbered(
        name if times[name] == 1 or setting.intended_load is None else f"{name} ({setting.intended_load:.10g}/s)"
        for name, setting in zip(named, settings, strict=True)
    )


def numbered(names: Iterable[str]) -> list[str]:
    """Number those that were there before."""
    made: dict[str, None] = {}
    for name in names:
        others = (f"{name} #{place}" for place in count(2))
        made[name if name not in made else next(each for each in others if each not in made)] = None
    return list(made)


def _telling(peers: Sequence[Setting]) -> list[str]:
    """Choose the fields that tell settings apart, in order; one that adds nothing to those before it is left out."""
    chosen: list[str] = []
    groups = 1
    for name in _FIELDS:
        apart = len({tuple(getattr(each, field) for field in (*chosen, name)) for each in peers})
        if apart > groups:
            chosen.append(name)
            groups = apart
    return chosen


# Fields that are not said as they stand, and what is said where they are None.
_SAID: dict[str, tuple[Callable[[Any], str], str]] = {
    "intended_load": (units.rate, "max"),
    "ring_size_bytes": (units.size, "no ring"),
    "interval_ns": (units.nanoseconds, ""),
    "stall_s": (lambda seconds: f"stalled {units.seconds(seconds)}", ""),
    "handicap": (str, ""),
    "foreign": (str, ""),
    "program": (lambda path: shown(path.rpartition("/")[2]), ""),
    "windows": (lambda number: f"in {number} windows", "at once"),
    "when_full": (str, ""),
    "producers": (lambda number: f"from {number} CPU{'' if number == 1 else 's'}", ""),
    "object_kind": (str, ""),
    "window_events": (lambda number: f"keeps {units.count(number)}", ""),
    "gc": (lambda setting: f"gc {setting}", ""),
    "python": (lambda version: f"python {shown(version)}", "python of bench"),
}


def _word(setting: Setting, name: str) -> str:
    value = getattr(setting, name)
    write, nothing = _SAID.get(name, (str, f"no {name}"))
    return nothing if value is None else write(value)


def name_of(setting: Setting) -> str:
    """Name a consumer, and what is offered to it if that is not the usual."""
    words = _consumer(setting)
    if setting.ring_size_bytes not in (None, USUAL_RING_BYTES):
        words.append(units.size(setting.ring_size_bytes or 0))
    if setting.wakeup not in (None, "adaptive") and setting.wait != "paced":
        words.append(f"wakeup {setting.wakeup}")
    if setting.producers > 1:
        words.append(f"from {setting.producers} CPUs")
    if setting.traffic != USUAL_TRAFFIC:
        words.append(setting.traffic)
    return " ".join(words)


def describe(setting: Setting) -> str:
    """Name a trial's setting in a few words."""
    words = _consumer(setting)
    if setting.drain_records is not None:
        words.append(f"drains {setting.drain_records:,}")
    else:
        load = "max" if setting.intended_load is None else f"{setting.intended_load:,.0f}/s"
        words.append(f"{setting.traffic} {load}")
    if setting.windows is not None:
        words.append(f"in {setting.windows} windows")
    return " ".join(words)


def _consumer(setting: Setting) -> list[str]:
    """Name the consumer alone; a mode that is called after its wait says so once."""
    wait = setting.wait if setting.wait != setting.mode else None
    channel = setting.channel if setting.channel not in USUAL_CHANNELS else None
    full = setting.when_full if setting.when_full == "overwrite" else None
    kind = setting.object_kind if setting.object_kind != "dataclass" else None
    collector = f"gc {setting.gc}" if setting.gc != "on" else None
    python = None if setting.python is None else f"python {shown(setting.python)}"
    program = None if setting.program is None else shown(setting.program.rpartition("/")[2])
    words = (setting.mode, setting.reader, wait, channel, full, kind, collector, python, program)
    return [word for word in words if word]
