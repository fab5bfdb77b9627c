"""How the trials of an audit are run: beside each, an observer of ours counts the same drops whoever made them."""

import dataclasses
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from bpf.channels.map import MapChannel
from bpf.perf_programs import attached_through_perf
from bpf.program import TRACEPOINT, LoadOptions, Program
from harness.consumer.command import Recipe
from harness.rig import Rig
from harness.tools import Filter, Tool, command_of, filled
from harness.tools.words import foreign_words
from harness.trial import Identity, OnProgress, Place
from harness.workers import Traffic
from results.audit import PROTOCOL, UNTAGGED
from results.foreign import Foreign
from results.trial import Setting, Trial

# Where the Ethernet type of a frame lies, and a block of 4,096 of which none is assigned: each session has its own.
_TYPE = slice(12, 14)
_FIRST_TYPE, _TYPES = 0xC000, 0x1000


class AuditRig(Rig):
    """A rig whose consumers may be tools, by their names, and whose drops are counted from outside as well."""

    def __init__(self, *, tools: Mapping[str, Tool], **of_session: Any) -> None:
        """Take what any rig takes, too."""
        super().__init__(**of_session)
        self._tools = tools

    @property
    def _protocol(self) -> int:
        """The Ethernet type of what is sent: who knows no tag tells it by that from all others' drops."""
        return _FIRST_TYPE + int.from_bytes(self._testbed().tag[-2:]) % _TYPES

    def _run(self, setting: Setting, identity: Identity, place: Place, on_progress: OnProgress) -> Trial:
        with Program(LoadOptions(channel=MapChannel(), protocol=self._protocol)) as untagged:
            untagged.attach()
            others = set(attached_through_perf(TRACEPOINT))
            trial = super()._run(setting, identity, place, on_progress)
            others |= set(attached_through_perf(TRACEPOINT))
            alike = untagged.counters.read().observed
        warned = [
            f"process {each.pid} had a BPF program on {TRACEPOINT} through perf: if it returns 0, it hides drops from "
            "all others who watch so, and what is missing here is no fault of theirs"
            for each in sorted(others, key=lambda each: each.pid)
        ]
        return dataclasses.replace(
            trial, witness={**trial.witness, UNTAGGED: alike}, warnings=(*trial.warnings, *warned)
        )

    def _traffics(self, setting: Setting, installed: ExitStack) -> list[Traffic]:
        own = self._protocol.to_bytes(2)
        return [
            dataclasses.replace(
                each, frames=[frame[: _TYPE.start] + own + frame[_TYPE.stop :] for frame in each.frames]
            )
            for each in super()._traffics(setting, installed)
        ]

    def _recipe(self, setting: Setting, foreign: Foreign) -> Recipe:
        if setting.mode in self._tools:
            return self._tools[setting.mode].recipe(Filter("protocol", self._protocol), self._folder)
        return command_of(filled(foreign_words(setting.mode), {PROTOCOL: str(self._protocol)}), foreign)
