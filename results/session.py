"""What a session is: one command's plan, the machine it ran on, and the seed of its random order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from results import units
from results.line import listed
from results.trial import SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSource:
    """A mode, program or traffic of the user's own as it was when the session began: its content, its repository.

    `arm` is the side of a check that it was on, None elsewhere. `commit` is None outside of a repository; `dirty` says
    that files differ from the commit, or that it does not hold this one.
    """

    mode: str
    sha256: str
    commit: str | None = None
    dirty: bool = False
    arm: Literal["A", "B"] | None = None

    @property
    def is_program(self) -> bool:
        """Whether this is a program in C, and no mode."""
        return self.mode.endswith(".c")

    @property
    def version(self) -> str | None:
        """Name the commit, marked as git describe marks it."""
        return self.commit and f"{self.commit[:12]}{'-dirty' if self.dirty else ''}"

    @classmethod
    def from_json(cls, row: object) -> Self:
        """Read what a session's line says of a mode. Raises TypeError for what describes none."""
        names = {each.name for each in fields(cls)}
        if not isinstance(row, dict) or not {"mode", "sha256"} <= row.keys() <= names:
            raise TypeError(f"modes holds what describes no mode: its fields are {', '.join(sorted(names))}")
        return cls(**row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The line that goes before a session's trials.

    `command` is what to type to repeat it. `host` is the fingerprint: facts that must be equal for two results to be
    compared (CPU model, cores, kernel, Python, bcc, project version and commit). `findings` are doctor's, in words.
    `modes` are the user's own among the modes measured, `traffic` the user's own files among what was offered; those of
    the project are told by its commit. Older files have none.
    """

    id: str
    started_at: str
    command: str
    seed: int
    plan: Mapping[str, Any]
    host: Mapping[str, Any]
    findings: tuple[str, ...] = ()
    modes: tuple[ModeSource, ...] = ()
    traffic: tuple[ModeSource, ...] = ()
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def key(self) -> tuple[str, str]:
        """Order sessions by their start."""
        return self.started_at, self.id

    def source_of(self, mode: str, arm: str | None) -> ModeSource | None:
        """Find what a mode was on one side; None for one of the project's own, or where it was not recorded."""
        return next((each for each in self.modes if (each.mode, each.arm) == (mode, arm)), None)

    def content_of(self, traffic: str) -> str | None:
        """Tell what the files were that traffic names, itself or as parts of a mix; None where it names none."""
        parts = traffic.removeprefix("mix:").split("+") if traffic.startswith("mix:") else [traffic]
        named = {traffic, *(part.partition("=")[0] for part in parts)}
        return " ".join(each.sha256 for each in self.traffic if each.mode in named) or None

    def to_json(self) -> dict[str, object]:
        return {
            "type": "session",
            **asdict(self),
            "findings": list(self.findings),
            "modes": [asdict(each) for each in self.modes],
            "traffic": [asdict(each) for each in self.traffic],
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read a session's line. Raises KeyError or TypeError for what is no session."""
        names = ("id", "started_at", "command", "seed", "plan", "host", "schema_version")
        modes, traffic = (
            tuple(map(ModeSource.from_json, listed(name, row.get(name, [])))) for name in ("modes", "traffic")
        )
        return cls(
            **{name: row[name] for name in names},
            findings=listed("findings", row["findings"]),
            modes=modes,
            traffic=traffic,
        )


# The facts of a fingerprint, as `facts` names them: the columns that exports have for them.
FACTS = (
    "machine", "cpu_model", "cpus", "cpus_allowed", "memory", "kernel", "python", "bcc", "bench", "commit", "boot",
    "circumstances",
)  # fmt: skip

# Facts that may differ between two results of one machine: which version was measured is what one asks, and a machine
# that was started anew is still the same.
MAY_DIFFER = frozenset({"bench", "commit", "boot"})

# What the first format held. Of any later fact an older session says nothing, which is no difference.
_FIRST = frozenset(FACTS[: FACTS.index("bench")])

_NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact of the fingerprint that is not the same everywhere: its value in each session, by session."""

    fact: str
    values: tuple[str, ...]

    @property
    def contradicts(self) -> bool:
        """Whether two sessions say different things, and not only one of them nothing."""
        said = set(self.values) if self.fact in _FIRST else {*self.values} - {_NOT_RECORDED}
        return len(said) > 1


def facts(host: Mapping[str, Any]) -> dict[str, str]:
    """Write the fingerprint as names and text, nested facts by dotted names."""
    return dict(_flat("", host))


def differences(hosts: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """List the facts in which machines differ; one that a session lacks counts as a difference."""
    return _differences([facts(host) for host in hosts])


def session_differences(sessions: Sequence[Session]) -> list[Difference]:
    """List the facts in which the sessions' machines differ, and then the users' modes whose content does."""
    return [*differences([session.host for session in sessions]), *mode_differences(sessions)]


def mode_differences(sessions: Sequence[Session]) -> list[Difference]:
    """List the users' modes and traffic whose content is not the same in all sessions that name them."""
    tables = [
        {_name(each): _content(each) for each in session.modes}
        | {f"traffic {each.mode}": _content(each) for each in session.traffic}
        for session in sessions
    ]
    found = _differences(tables)
    return [each for each in found if each.contradicts]


def unlike(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Keep the differences that make two machines of two sessions: the rule of every command that asks."""
    return tuple(each for each in found if each.fact not in MAY_DIFFER and each.contradicts)


def same_machine(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Tell whether two fingerprints are of one machine, whatever version of bench they were taken by."""
    return not unlike(differences([a, b]))


def python_line(version: str) -> str:
    """Name a version of Python without its last part, as 3.11 or 3.14t: all of a line allocate alike."""
    return ".".join(version.split(".")[:2]) + "t" * version.endswith("t")


def collector(version: str) -> str:
    """Name the garbage collector of a version of Python: that of its line, but for those that collect in increments."""
    line = python_line(version)
    return f"{line} (incremental)" if line == "3.14" and re.match(r"3\.14\.[0-4](?!\d)", version) else line


def machine_of(host: Mapping[str, Any]) -> dict[str, str]:
    """Keep of a fingerprint what tells machines apart."""
    return {name: value for name, value in facts(host).items() if name not in MAY_DIFFER}


def _differences(tables: Sequence[Mapping[str, str]]) -> list[Difference]:
    found = []
    for name in dict.fromkeys(name for table in tables for name in table):
        values = tuple(table.get(name, _NOT_RECORDED) for table in tables)
        if len(set(values)) > 1:
            found.append(Difference(name, values))
    return found


def _name(source: ModeSource) -> str:
    what = "program" if source.is_program else "mode"
    return f"{what} {source.mode}{f' ({source.arm})' if source.arm else ''}"


def _content(source: ModeSource) -> str:
    return f"{source.sha256[:12]}{f' at {source.version}' if source.version else ''}"


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in _flat(f"{prefix}.{key}" if prefix else str(key), each)]
    if isinstance(value, list):
        return [(prefix, ", ".join(str(each) for each in value))]
    if prefix.endswith("_bytes") and isinstance(value, int | float):
        return [(prefix.removesuffix("_bytes"), units.size(value))]
    return [(prefix, "not known" if value is None else str(value))]
