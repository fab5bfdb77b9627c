"""What repetitions share besides their setting: one machine since one start, its software, and the mode's content.

Trials that differ in any of it are measurements of different things, and a median over them is nobody's number.
"""

from collections.abc import Iterable, Sequence

from results.session import ModeSource, Session, facts
from results.trial import Trial

# Facts in the order in which they are tried as the name of a row; those not listed come before the last three.
_FIRST = ("machine", "cpu_model", "cpus", "kernel", "python", "bcc")
_LAST = ("bench", "commit", "boot")

_Facts = dict[str, str]


class Origins:
    """Numbers the origins of trials, and names those of some rows by what tells them apart."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self._sessions = {session.id: session for session in sessions}
        self._hosts = {session.id: _ordered(facts(session.host)) for session in self._sessions.values()}
        self._numbers: dict[tuple[tuple[str, str], ...], int] = {}
        self._known: dict[tuple[str, str, str | None, str, str | None], int] = {}
        self._facts: list[_Facts] = []

    def of(self, trial: Trial) -> int:
        """Return the same number for trials that may be repetitions of each other."""
        setting = trial.setting
        key = (trial.session, setting.mode, trial.arm, setting.traffic, setting.program)
        if key not in self._known:
            self._known[key] = self._number(*key)
        return self._known[key]

    def python(self, number: int) -> str:
        """Tell the version of Python that an origin's trials were run by; "" where the session's line was lost."""
        return self._facts[number].get("python", "")

    def names(self, numbers: Sequence[int]) -> dict[int, str]:
        """Name origins by the facts that tell them apart, as few as do; a single one needs no name."""
        tables = {number: self._facts[number] for number in numbers}
        chosen: list[str] = []
        groups = 1
        for name in dict.fromkeys(name for table in tables.values() for name in table):
            if name == "mode" and not all(name in table for table in tables.values()):
                continue  # a content without a commit is named by itself
            apart = len({tuple(table.get(each) for each in (*chosen, name)) for table in tables.values()})
            if apart > groups:
                chosen.append(name)
                groups = apart
        return {number: ", ".join(_word(name, table.get(name)) for name in chosen) for number, table in tables.items()}

    def _number(self, identity: str, mode: str, arm: str | None, traffic: str, program: str | None) -> int:
        # Of a session whose line was lost nothing is known: its trials are like no other's.
        table = {"session": identity}
        session = self._sessions.get(identity)
        source = session.source_of(mode, arm) if session else None
        if session:
            own = session.source_of(program, arm) if program else None
            others = {"traffic": session.content_of(traffic), "program": own.sha256 if own else None}
            known = {name: content for name, content in others.items() if content}
            table = {**self._hosts[identity], **_content(source), **known}
        number = self._numbers.setdefault(tuple(sorted(table.items())), len(self._facts))
        if number == len(self._facts):
            # What the content came from names it, where one commit has one content.
            at = {"mode": source.version} if source and source.version else {}
            self._facts.append({**at, **table})
        return number


def _ordered(table: _Facts) -> _Facts:
    first, last = [name for name in _FIRST if name in table], [name for name in _LAST if name in table]
    between = [name for name in table if name not in (*_FIRST, *_LAST)]
    return {name: table[name] for name in (*first, *between, *last)}


def _content(source: ModeSource | None) -> _Facts:
    return {"content": source.sha256} if source else {}


def _word(name: str, value: str | None) -> str:
    match name, value:
        case _, None:
            return f"{name} not recorded"
        case (("boot" | "content" | "traffic" | "program"), value):
            return f"{name} {value[:8]}"
        case "cpu_model", value:
            return value
        case "mode", value:
            return f"at {value}"
    return f"{name} {value}"
