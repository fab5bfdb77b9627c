"""Carries out pairs of turns: starts and ends what is attached, keeps the gaps alike, and states the trials."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bpf.errors import CannotRun
from harness import account
from harness.audit.rig import AuditRig
from harness.consumer.process_tree import NotReady
from harness.consumer.program_facts import facts_of
from harness.overhead.tools import Foreign, Own, Tool
from harness.overhead.workloads import UNKNOWN, Sender, Timed, Workload
from harness.probes.machine import MachineProbe, disturbed_because
from harness.probes.reading import Reading
from harness.rig import Rig
from harness.trial import Identity
from harness.workers import NeverReady, Traffic
from results.audit import TRAFFIC
from results.metrics import FOREIGN, TURN_GAP
from results.plan import Step
from results.trial import Setting, Trial

# The gap before each turn is so much longer than starting or ending took when it was tried.
_SLACK = 1.25
_SHORTEST_GAP_S = 0.2


class OverheadRig(AuditRig):
    """Runs pairs of turns, one with a tool attached and one without. `workload`: a command, in place of our sender."""

    def __init__(self, *, workload: Sequence[str] | None, **of_session: Any) -> None:
        """Take what any rig of an audit takes, too."""
        super().__init__(**of_session)
        self._words = workload
        self._workload: Workload | None = None
        self._traffic: Traffic | None = None
        self._attachable: dict[Setting, tuple[Tool, float]] = {}

    def run_pair(self, first: Step, second: Step, *, number: int) -> tuple[Trial, ...]:
        """Run two turns in this order. Raises CannotRun or BadInput where something cannot even start."""
        attached = (first if first.arm == "B" else second).setting
        workload = self._working(attached)
        tool, gap_s = self._tried(attached, workload)
        began_s = time.monotonic()
        made = [
            self._turn(step, self._identity(step, number + place), tool, workload, gap_s)
            for place, step in enumerate((first, second))
        ]
        made[-1] = replace(made[-1], warnings=(*made[-1].warnings, *tool.detach()))
        took_s = round(time.monotonic() - began_s, 3)
        return tuple(replace(trial, windows=trial.windows and replace(trial.windows, took_s=took_s)) for trial in made)

    def _working(self, setting: Setting) -> Workload:
        """Make the workload at the first pair."""
        if self._workload is None and self._words is not None:
            self._workload = Timed(self._words)
        elif self._workload is None:
            traffics = self._traffics(setting, self)
            self._traffic = traffics[0]
            self._workload = self.enter_context(Sender(setting, traffics, self._place, self._seed))
        return self._workload

    def _tried(self, setting: Setting, workload: Workload) -> tuple[Tool, float]:
        """Return a tool, and how long a gap lets it start, or end, and settle: it is tried, twice.

        Raises CannotRun for a command that does not do.
        """
        if setting in self._attachable:
            return self._attachable[setting]
        tool: Tool
        if setting.foreign is None:
            tool = self._own(setting)
        else:  # beside a workload of the user's own, nothing is pinned
            cpu = self._place.consumer_cpu if self._words is None else None
            tool = Foreign(self._recipe(setting, setting.foreign), cpu=cpu)
        self.callback(tool.close)
        longest_s = 0.0
        try:
            for _ in range(2):  # the second time it starts as it will again
                began_s = time.monotonic()
                tool.attach()
                attached_s = time.monotonic()
                wrong = tool.turn(workload).wrong
                ended_s = time.monotonic()
                tool.detach()
                longest_s = max(attached_s - began_s, time.monotonic() - ended_s)
                if wrong and setting.foreign is not None:
                    cure = "a tool is to run until it is told to stop, and a workload to end with status 0"
                    raise CannotRun(wrong[0], cure)
        except NotReady as error:
            raise CannotRun(str(error), "run it by hand; what it needs to run is its own affair") from error
        except NeverReady:  # a mode of ours: its first trial says so
            return tool, _SHORTEST_GAP_S
        self._attachable[setting] = tool, max(_SHORTEST_GAP_S, _SLACK * longest_s)
        return self._attachable[setting]

    def _traffics(self, setting: Setting, installed: ExitStack) -> list[Traffic]:
        """Leave the frames of other kinds as they are."""
        if setting.traffic == TRAFFIC:
            return super()._traffics(setting, installed)
        return Rig._traffics(self, setting, installed)

    def _own(self, setting: Setting) -> Tool:
        assert self._traffic is not None
        facts = None if setting.program is None else facts_of(setting.program)
        return Own(
            setting,
            self._traffic,
            self._place,
            self._probing,
            partial(self._output, setting, -1),
            stays=facts is None or facts.begins_anew,
        )

    def _turn(self, step: Step, identity: Identity, tool: Tool, workload: Workload, gap_s: float) -> Trial:
        """Attach, or detach; then let the rest of the gap pass, and the workload do its turn."""
        started_at, began_s = datetime.now(UTC), time.monotonic()
        alone = self._words is None
        # From here on, since a turn is too short for the kernel's ticks.
        machine = MachineProbe({self._place.consumer_cpu, self._place.generator_cpu} if alone else {None})
        here = tool.pids if step.arm == "B" else ()
        machine.own([*workload.pids, *here])
        machine.start()
        odd: Sequence[str] = ()
        try:
            if step.arm == "B":
                tool.attach()
            else:
                odd = tool.detach()
        except (NotReady, NeverReady) as error:
            tool.close()
            return account.stated(step.setting, identity, UNKNOWN, started_at=started_at, wrong=[str(error)])
        time.sleep(max(0.0, began_s + gap_s - time.monotonic()))
        gap = Reading(metrics={TURN_GAP.name: time.monotonic() - began_s})
        machine.own([pid for pid in tool.pids if step.arm == "B" and pid not in here])
        turn = tool.turn(workload) if step.arm == "B" else workload.turn()
        found = machine.stop()
        if not alone:  # a command's own time is nobody's that the probe knows
            found = Reading(metrics={name: share for name, share in found.metrics.items() if name != FOREIGN.name})
        reading = found | turn.reading | gap
        trial = account.stated(
            step.setting,
            identity,
            turn.ledger,
            started_at=started_at,
            wrong=turn.wrong,
            metrics=reading.metrics,
            warnings=[*odd, *turn.odd],
        )
        return replace(
            trial,
            first_offered_ns=turn.first_ns,
            last_offered_ns=turn.last_ns,
            last_consumed_ns=turn.last_ns,
            absent=reading.absent,
            witness=turn.witness,
            disturbed_because=tuple(disturbed_because(reading, self._probing.limits)),
            windows=turn.windows,
        )
