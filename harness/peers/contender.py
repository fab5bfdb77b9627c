"""Who takes part: our modes by either reader, and the C consumer by what it does with a record."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from harness.peers.c_program import CConsumer
from harness.peers.outcome import Consumer, Task
from harness.peers.reader import OurReader
from results.trial import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CProgram:
    """The C consumer as it was built, and the file that tells it the names of the reasons."""

    program: Path
    reasons: Path


@dataclass(frozen=True, slots=True)
class Contender:
    """One row of the table: `c_work` is what the C consumer does, None for ours; `reference` is what it is held to."""

    setting: Setting
    c_work: str | None = None
    reference: str | None = None

    @property
    def label(self) -> str:
        setting = self.setting
        words = [setting.mode, setting.reader, setting.decode, setting.format if setting.format != "text" else None]
        if setting.drain_records is None:
            words.append(setting.wait)
        return " ".join(word for word in words if word is not None)

    def start(self, task: Task, c_program: CProgram | None) -> Consumer:
        """Start its process. The C consumer must have been built."""
        if self.c_work is None:
            return OurReader(task)
        assert c_program is not None
        return CConsumer(c_program.program, task, self.c_work, c_program.reasons)


def drain_contenders(records: int, ring_size_bytes: int) -> list[Contender]:
    """List who drains a full ring."""
    base = Setting(
        mode="",
        reader=None,
        wait="epoll",
        traffic="synthetic",
        trial_kind="drain",
        wakeup=None,
        ring_size_bytes=ring_size_bytes,
        drain_records=records,
    )

    def c(work: str) -> Contender:
        return Contender(dataclasses.replace(base, mode=f"c-{work}"), c_work=work)

    def batch(mode: str, reference: str, form: str | None = None) -> Contender:
        return Contender(dataclasses.replace(base, mode=mode, reader="batch", format=form), reference=reference)

    def callback(mode: str, decode: str | None, form: str | None = None) -> Contender:
        return Contender(dataclasses.replace(base, mode=mode, reader="callback", decode=decode, format=form))

    return [
        c("count"),
        c("group"),
        c("text"),
        c("cached"),
        batch("null", "c-count"),
        batch("epoll", "c-count"),
        batch("file", "c-text", "text"),
        batch("file", "c-count", "raw"),
        callback("null", None),
        callback("epoll", "struct"),
        callback("epoll", "ctypes"),
        callback("epoll", "event"),
        callback("file", "struct", "text"),
        callback("file", "ctypes", "text"),
        callback("file", "event", "text"),
    ]
