"""A fleet's result file: its plan, then the lines of its hosts' own result files as they come, and what became of each.

{"type":"fleet", … the plan, and each shard without it}
{"type":"line","shard":…,"session":…,"host":…,"class":…,"boot":…,"line":{… a line of that host's own file …}}
{"type":"done","shard":…,"session":…,"host":…}        the session is whole: the first of its shard counts
{"type":"extra","shard":…,"session":…,"host":…}       a second one that is: after a partition, of two hosts
{"type":"lost","shard":…,"host":…,"because":…}        given up; a later `done` takes it back
{"type":"undone","shard":…,"session":…,"because":…}   was done, and damaged since: void, until it is told anew
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.appended import AppendedFile
from results.errors import BadInput
from results.file import ResultFile, read, result_lines
from results.fleet.lines import FLEET, finished, parted, wrapped
from results.fleet.shard import Shard, class_of
from results.line import parse
from results.plan import failed
from results.scorecard.labels import numbered
from results.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class HostResult:
    """What became of a shard: the host's session with its trials, each once; or `lost`, and why.

    `host` is who ran it last, or was to; None where nobody was named, and nobody took it. `host_class` is that of the
    machine on which the session ran, or of the shard that was lost.
    """

    shard: Shard
    host: str | None
    host_class: str | None
    lost: str | None = None
    session: ResultFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A session that is whole and does not count, since another of its shard was before it."""

    shard: Shard
    host: str
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What a fleet's file says: of each shard, in the plan's order, what became of it; `problems` are in its lines."""

    path: Path
    plan_id: str
    plan: Mapping[str, Any]
    hosts: tuple[HostResult, ...]
    extras: tuple[Extra, ...]
    problems: tuple[str, ...]

    @property
    def lost(self) -> tuple[HostResult, ...]:
        return tuple(each for each in self.hosts if each.lost is not None)

    @property
    def invalid(self) -> int:
        """How many trials of the hosts are invalid."""
        return sum(len(failed(each.session.trials)) for each in self.hosts if each.session is not None)

    @property
    def by_host(self) -> dict[str, tuple[HostResult, ...]]:
        """The shards that one host carried out since one start, by its name; each that was lost stands by itself."""
        held: dict[object, list[HostResult]] = {}
        for place, each in enumerate(self.hosts):
            since = [session.host.get("boot") for session in each.session.sessions] if each.session else [place]
            held.setdefault((each.host, *since), []).append(each)
        names = numbered(group[0].host or f"of shard {group[0].shard.number}" for group in held.values())
        return {name: tuple(group) for name, group in zip(names, held.values(), strict=True)}


def is_fleet(path: Path) -> bool:
    """Tell whether a file is a fleet's, by its first line."""
    with suppress(OSError):  # of which `read` says what it is
        if path.is_file():
            with path.open("rb") as file:
                return FLEET.match(file.read(1 << 10)) is not None
    return False


def read_fleet(path: Path) -> Fleet:
    """Read a fleet's file. Raises BadInput for what is none; damaged lines are problems, and the rest is kept."""
    lines = result_lines(path)
    problems: dict[int, str] = {}
    rows: list[dict[str, Any]] = []
    for number, raw in enumerate(lines, start=1):
        try:
            rows += [parted(raw)[0]] if raw.strip() else []
        except BadInput as error:
            torn = "" if raw.endswith(b"\n") else " (torn: who wrote it was killed)"
            problems[number] = f"line {number}: {error}{torn}"
    shards = _shards(path, rows)
    by_id = {shard.id: shard for shard in shards}
    done = finished(rows)
    held = read(path) if done else None
    inner = [] if held is None else [str(each) for each in held.problems if each.line not in problems]
    lost: dict[str, dict[str, Any]] = {}
    hosts: dict[str, tuple[str, str]] = {}
    for row in rows:
        if row.get("type") in ("lost", "undone"):
            lost[str(row.get("shard"))] = row
        elif row.get("type") == "line":
            hosts[str(row.get("shard"))] = str(row.get("host")), str(row.get("class"))
    return Fleet(
        path=path,
        plan_id=shards[0].plan_id,
        plan=shards[0].plan,
        hosts=tuple(
            _lost(shard, hosts.get(shard.id), lost.get(shard.id))
            if held is None or shard.id not in done
            else _of_session(shard, held, done[shard.id])
            for shard in shards
        ),
        extras=tuple(
            Extra(shard=by_id[row["shard"]], host=str(row.get("host")), session=str(row.get("session")))
            for row in rows
            if row.get("type") == "extra" and row.get("shard") in by_id
        ),
        problems=(*problems.values(), *inner),
    )


def _of_session(shard: Shard, held: ResultFile, session: str) -> HostResult:
    """Take the one session of a shard out of the file; lost, where its own line is damaged."""
    own = next((each for each in held.sessions if each.id == session), None)
    if own is None:
        because = f"the line of its session {session} cannot be used"
        return HostResult(shard=shard, host=shard.host, host_class=shard.host_class, lost=because)
    trials = sorted((trial for trial in held.trials if trial.session == session), key=lambda trial: trial.number)
    its = ResultFile(held.path, (own,), tuple(trials), ())
    return HostResult(shard=shard, host=host_of(own), host_class=class_of(own.host), session=its)


def _lost(shard: Shard, ran: tuple[str, str] | None, row: Mapping[str, Any] | None) -> HostResult:
    host, host_class = ran or (shard.host, shard.host_class)
    if row is None:
        because = "it was never begun" if ran is None else "it was not finished"
        return HostResult(shard=shard, host=host, host_class=host_class, lost=because)
    return HostResult(shard=shard, host=row.get("host") or host, host_class=host_class, lost=str(row.get("because")))


def _shards(path: Path, rows: Sequence[Mapping[str, Any]]) -> tuple[Shard, ...]:
    if not rows or rows[0].get("type") != "fleet":
        raise BadInput(f"{path} is no fleet's result file (bench fleet run makes them)")
    try:
        shards = tuple(Shard.from_json({**row, "plan": rows[0]["plan"]}) for row in rows[0]["shards"])
    except (KeyError, TypeError, BadInput) as error:
        raise BadInput(f"the first line of {path}, which says what was planned, is damaged: {error}") from error
    check_whole(shards)
    return shards


def check_whole(shards: Sequence[Shard]) -> None:
    """Raise BadInput where shards are not one plan's, all of it, each once."""
    if not shards:
        raise BadInput("there is no shard")
    if len({shard.plan_id for shard in shards}) > 1:
        raise BadInput(f"the shards are of several plans: {', '.join(sorted({each.plan_id for each in shards}))}")
    if any(shard.plan != shards[0].plan for shard in shards):
        raise BadInput(f"the shards of plan {shards[0].plan_id} differ in what is planned")
    numbers = sorted(shard.number for shard in shards)
    if len(numbers) != shards[0].of or numbers != list(range(1, len(numbers) + 1)):
        raise BadInput(
            f"plan {shards[0].plan_id} has {shards[0].of} shards, each once; here are {', '.join(map(str, numbers))}"
        )


def host_of(session: Session) -> str:
    """Name the host that ran a shard's session. Raises BadInput for a session that is of none."""
    told = session.plan.get("shard")
    if not isinstance(told, dict) or not isinstance(told.get("host"), str):
        raise BadInput(f"session {session.id} is of no shard; it was made by: {session.command}")
    return str(told["host"])


class FleetWriter(AppendedFile):
    """Append what hosts tell to a fleet's file, each line once however often it comes.

    `done` holds the session that counts of each shard that is done. Raises BadInput for a file that is another plan's,
    and for one that is there already where it is not to be gone on with.
    """

    def __init__(self, path: Path, shards: Sequence[Shard], *, resume: bool = False) -> None:
        check_whole(shards)
        super().__init__(path, _is_ours, "fleet's result file", alone=True)
        self._shards = {shard.id: shard for shard in shards}
        self.done: dict[str, str] = {}
        self._about: dict[str, dict[str, str]] = {}
        self._known: set[tuple[str, int | None]] = set()
        self._extra: set[str] = set()
        try:
            self._begin(resume=resume)
        except BaseException:
            self.close()
            raise

    def _begin(self, *, resume: bool) -> None:
        lines = result_lines(self.path)
        if not lines:
            rows = [
                {name: value for name, value in shard.to_json().items() if name != "plan"}
                for shard in self._shards.values()
            ]
            plan = next(iter(self._shards.values())).plan
            self._row(type="fleet", plan=plan, shards=rows)
            return
        if not resume:
            raise BadInput(
                f"{self.path} holds a fleet's results already; go on with it by --resume, or name a new file"
            )
        if not FLEET.match(lines[0]) or {each.id for each in _shards(self.path, [parse(lines[0])])} != {*self._shards}:
            raise BadInput(f"{self.path} holds the results of another plan; name the file that was begun with this one")
        for raw in lines[1:]:
            try:
                row, held = parted(raw)
                if row.get("type") == "line":
                    self._take(json.loads(held))
                elif row.get("type") == "done":
                    self.done.setdefault(row["shard"], row["session"])
                elif row.get("type") == "undone":
                    self._forget(row["shard"], row["session"])
                elif row.get("type") == "extra":
                    self._extra.add(row["session"])
            except (ValueError, KeyError):  # damaged: what it held comes again, when its host is asked again
                continue

    def line(self, raw: bytes) -> bool:
        """Append a line of a host's own result file; False where it stood there. A session's goes before its trials.

        Raises BadInput for one that is of no shard of this plan.
        """
        session = self._take(parse(raw))
        if session is None:
            return False
        self.append(wrapped({"type": "line", **self._about[session]}, raw))
        self.unused = False
        return True

    def finish(self, session: str) -> bool:
        """Append that a session is whole; False where another one of its shard counts."""
        told = self._about[session]
        about = {name: told[name] for name in ("shard", "session", "host")}
        counts = self.done.get(told["shard"])
        if counts is None:
            self._row(type="done", **about)
            self.done[told["shard"]] = session
        elif counts != session and session not in self._extra:
            self._row(type="extra", **about)
            self._extra.add(session)
        return self.done[told["shard"]] == session

    def began_on(self, shard: Shard) -> str | None:
        """Name the host that began a shard last; None where none did."""
        return next((told["host"] for told in reversed(self._about.values()) if told["shard"] == shard.id), None)

    def undo(self, shard: Shard, because: str) -> None:
        """Append that a session that was done counts no more: all of it is to be told anew."""
        session = self.done[shard.id]
        self._row(type="undone", shard=shard.id, session=session, because=because)
        self._forget(shard.id, session)

    def _forget(self, shard: str, session: str) -> None:
        self.done.pop(shard, None)
        self._known = {key for key in self._known if key[0] != session}

    def lose(self, shard: Shard, host: str | None, because: str) -> None:
        """Append that a shard was given up."""
        self._row(type="lost", shard=shard.id, host=host, because=because)

    def _take(self, row: Mapping[str, Any]) -> str | None:
        """Take note of a host's line; return its session, None where the line is known."""
        if row.get("type") == "session":
            key = (str(row.get("id")), None)
            self._about.setdefault(key[0], self._of_session(row))
        elif row.get("type") == "trial" and row.get("session") in self._about:
            key = (str(row["session"]), row.get("number"))
        else:
            raise BadInput("a host's line is no session's, nor a trial of a session that was told before")
        if key in self._known:
            return None
        self._known.add(key)
        return key[0]

    def _of_session(self, row: Mapping[str, Any]) -> dict[str, str]:
        try:
            session = Session.from_json(row)
        except (KeyError, TypeError) as error:
            raise BadInput(f"a host's line is no session: {error}") from error
        host, shard = host_of(session), self._shards.get(str(session.plan["shard"].get("id")))
        if shard is None:
            raise BadInput(f"session {session.id} of {host} is of no shard of this plan")
        told = {"shard": shard.id, "session": session.id, "host": host}
        return {**told, "class": class_of(session.host), "boot": str(session.host.get("boot"))}

    def _row(self, **row: object) -> None:
        self.append(json.dumps(row, separators=(",", ":")).encode() + b"\n")


def _is_ours(descriptor: int) -> bool:
    head = os.pread(descriptor, 1 << 10, 0)
    return not head.strip() or FLEET.match(head) is not None
