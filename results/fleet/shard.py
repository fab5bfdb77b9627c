"""A shard: the part of a fleet's plan that is for one host, as data; its id is its content's."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from results.errors import BadInput
from results.line import fit, parse
from results.plan import Ask, Plan
from results.session import machine_of

FORMAT = 1
Answer = TypeVar("Answer")

# As long as a name of DNS, and made of nothing that a shell, a path or a label of the engine would read otherwise.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
_LOCK = re.compile("[0-9a-f]{64}")
# So that every reader of JSON keeps all its digits.
_SEED_BITS = 48


@dataclass(frozen=True, kw_only=True)
class Shard:
    """What one host is to do: `plan` holds what its session's will, and nothing of it is a command line.

    It is for the host of that name, or for any of a class; shard `number` of `of`. `commit` is that of the repository
    that holds bench and the modes, `lock` the hash of the locks that its environment is made from; both must be the
    host's own. `against` is the commit that is arm A of a check, where one is. `probing` is what the probes look for,
    by their options' names. `expires_at` is ISO 8601, with its offset from UTC.
    """

    plan_id: str
    number: int
    of: int
    host: str | None = None
    host_class: str | None = None
    commit: str
    lock: str
    plan: Mapping[str, Any]
    against: str | None = None
    probing: Mapping[str, float]
    seed: int
    expires_at: str

    def __post_init__(self) -> None:
        """Raise BadInput for what is no shard."""
        if (self.host is None) == (self.host_class is None):
            raise BadInput("a shard is for one host, or for a class of hosts")
        check_name("host" if self.host_class is None else "class", self.host or self.host_class or "")
        if not 1 <= self.number <= self.of:
            raise BadInput(f"shard {self.number} of {self.of}: there is none")
        if not all(_COMMIT.fullmatch(commit) for commit in (self.commit, self.against or self.commit)):
            raise BadInput("a commit is its whole hash, in hexadecimal")
        if not _LOCK.fullmatch(self.lock):
            raise BadInput("lock is a SHA-256, in hexadecimal")
        if not 0 <= self.seed < 1 << _SEED_BITS:
            raise BadInput(f"a shard's seed is below 2^{_SEED_BITS}; it is {self.seed}")
        _ = self.expires

    @property
    def expires(self) -> datetime:
        """The moment from which nobody is to run it. Raises BadInput where that is none."""
        try:
            moment = datetime.fromisoformat(self.expires_at)
        except ValueError as error:
            raise BadInput(f"expires_at is {self.expires_at!r}, which is no time of ISO 8601") from error
        if moment.tzinfo is None:
            raise BadInput(f"expires_at is {self.expires_at}, without its offset from UTC")
        return moment

    @cached_property
    def id(self) -> str:
        """Name it by its content, so that an altered one has another name."""
        content = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    @property
    def target(self) -> str:
        return f"host {self.host}" if self.host_class is None else f"class {self.host_class}"

    @property
    def scope(self) -> str | None:
        """Over what a check decides: a class of hosts, or each host by itself. None for a run."""
        check = self.plan.get("check")
        return None if check is None else str(check["gate"]["scope"])

    def to_json(self) -> dict[str, Any]:
        return {"type": "shard", "format": FORMAT, "id": self.id, **self._content()}

    def _content(self) -> dict[str, Any]:
        row = {**asdict(self), "plan": dict(self.plan), "probing": dict(self.probing)}
        target = {"host": row.pop("host")} if self.host_class is None else {"class": row.pop("host_class")}
        return {name: value for name, value in row.items() if name not in ("host", "host_class")} | {"target": target}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read a shard. Raises BadInput for what is none, is of a newer format, or was altered."""
        if row.get("type") != "shard":
            raise BadInput("it is no shard of a fleet's plan (bench fleet plan makes them)")
        if row.get("format") != FORMAT:
            raise BadInput(f"it is a shard of format {row.get('format')}; this bench reads {FORMAT}")
        given = dict(row)
        target = given.pop("target", None)
        if not isinstance(target, dict) or len(target) != 1 or not {*target} <= {"host", "class"}:
            raise BadInput("its target is not one host, nor one class")
        names = {each.name for each in fields(cls)} - {"host", "host_class"}
        if lacking := sorted(names - given.keys()):
            raise BadInput(f"it is a shard without {', '.join(lacking)}")
        if strange := sorted(given.keys() - names - {"type", "format", "id"}):
            raise BadInput(f"it is a shard with {', '.join(strange)}, of which this bench knows nothing")
        try:
            made = cls(**{name: given[name] for name in names}, host=target.get("host"), host_class=target.get("class"))
            fit(made)
        except TypeError as error:
            raise BadInput(f"it is no shard: {error}") from error
        if made.id != given.get("id"):
            raise BadInput("it was altered: its id is not that of what it holds; take it from its plan once more")
        return made


def read_shard(raw: bytes) -> Shard:
    """Read the content of a shard's file. Raises BadInput as `from_json` does."""
    return Shard.from_json(parse(raw))


def check_name(what: str, name: object) -> None:
    """Raise BadInput for what cannot name a host, or a class of hosts."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput(f"{what} {name!r}: a name has letters, digits, '.', '_' and '-', and begins with none of these")


def seed_for(seed: int, target: str) -> int:
    """Derive a shard's seed from its plan's and whom it is for."""
    return int.from_bytes(hashlib.sha256(f"{seed} {target}".encode()).digest()[: _SEED_BITS // 8], "big")


def class_of(host: Mapping[str, Any]) -> str:
    """Name the class of a host by its fingerprint: those of one class are machines that bench takes for alike."""
    alike = json.dumps(machine_of(host), sort_keys=True)
    kernel = re.sub("[^A-Za-z0-9._-]", "-", str(host.get("kernel")))
    return f"{kernel}-{host.get('cpus')}cpu-{hashlib.sha256(alike.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Sharded(Generic[Answer]):
    """A shard's plan as its host carries it out: the session's line then says whose it is."""

    plan: Plan[Answer]
    shard: Shard
    host: str

    def to_json(self) -> dict[str, Any]:
        shard = self.shard
        told = {"id": shard.id, "plan_id": shard.plan_id, "number": shard.number, "of": shard.of, "host": self.host}
        return {**self.plan.to_json(), "shard": told}

    def answer(self, ask: Ask, seed: int) -> Answer:
        return self.plan.answer(ask, seed)
