"""All that the harness itself measures of one trial, beside the ledger: nothing of it runs in the consumer."""

import os
import resource
import stat
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from harness.probes.age import ages_among_offered
from harness.probes.engine import EngineProbe
from harness.probes.kernel import KernelProbe, ProgramTime
from harness.probes.losses import Spans, losses_in_pauses
from harness.probes.machine import Limits, MachineProbe, ThrottlingProbe, disturbed_because
from harness.probes.observer import Observer
from harness.probes.reading import Probe, Reading
from harness.probes.timeline import SHORTEST_STEP_S, STEP_S, Sampler, near_pauses, ring_use, timeline
from results.errors import BadInput
from results.ledger import Ledger
from results.trial import Setting


def bytes_written(output_fd: int | None, events: int) -> Reading:
    """Count a file's bytes by its offset, not its size, which a consumer may have set in advance; costs nothing."""
    if output_fd is None or not stat.S_ISREG(os.fstat(output_fd).st_mode):
        return Reading()
    if not events:
        return Reading(absent={"bytes_written_per_event": "no events"})
    return Reading(metrics={"bytes_written_per_event": os.lseek(output_fd, 0, os.SEEK_CUR) / events})


LONGEST_STEP_S = 366 * 86_400.0
SAMPLER = "sampler"
"""The name under which the sampler can be left out, to measure what it costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """What a session asks of the probes. `without` names probes of the timed pass to leave out.

    `times_program`: the program is timed in every pass, which adds some 20 ns to each of its runs. `engine` is the
    process of a fleet's engine, which waits beside each trial.
    """

    limits: Limits = field(default_factory=Limits)
    timeline_step_s: float = STEP_S
    without: tuple[str, ...] = ()
    times_program: bool = False
    engine: int | None = None

    def __post_init__(self) -> None:
        if not SHORTEST_STEP_S <= self.timeline_step_s <= LONGEST_STEP_S:
            raise BadInput(
                f"--timeline takes {SHORTEST_STEP_S:g} to {LONGEST_STEP_S:g} s per row (a sample every 5 ms); "
                f"it is {self.timeline_step_s:g}"
            )


class Outside(ExitStack):
    """Observes a consumer from its start to its end, as a context manager: `start`, `sample` often, `stop`."""

    def __init__(
        self,
        setting: Setting,
        observer: Observer | None,
        probing: Probing,
        *,
        consumer: int,
        programs: Sequence[int],
        others: Collection[int],
        machine: MachineProbe,
    ) -> None:
        """Take process ids (`others` are processes of ours beside consumer and harness), and the programs' ids.

        Of a consumer that has no program of ours, and so no observer, there is no timeline.
        """
        super().__init__()
        self._setting = setting
        self._probing = probing
        self._sampler = None
        if observer is not None and SAMPLER not in probing.without:
            self._sampler = self.enter_context(Sampler(observer, consumer))
        machine.own((consumer, *others))
        self._machine = machine
        self._probes: list[Probe] = [ThrottlingProbe()]
        if probing.engine is not None:
            self._probes.append(EngineProbe(probing.engine))
        if setting.pass_ == "kernel" and programs:
            self._probes.append(self.enter_context(KernelProbe(consumer, programs)))
        elif probing.times_program and programs:
            self._probes.append(self.enter_context(ProgramTime(programs)))

    def start(self) -> None:
        self._own_before_s = _own_cpu_s()
        for probe in self._probes:
            probe.start()
        self.sample()

    def sample(self) -> None:
        """Look at the consumer; call it each SAMPLE_S while a trial runs."""
        if self._sampler is not None:
            self._sampler.take()

    def stop(self, consumed: int) -> Reading:
        """Return what was measured; call it before the consumer's process is let go."""
        self.sample()
        found = Reading(metrics={"harness_cpu_s": _own_cpu_s() - self._own_before_s}) | self._machine.stop()
        for probe in self._probes:
            found |= probe.stop(consumed)
        return found

    def disturbed_because(self, reading: Reading) -> list[str]:
        """Say in what the machine was not quiet."""
        return disturbed_because(reading, self._probing.limits)

    def complete(self, reading: Reading, ledger: Ledger, began_ns: int) -> Reading:
        """Add what follows from both sides together: timeline, what loss lies near, ages among all drops offered."""
        series: dict[str, Any] = dict(reading.series)
        gc_total, gc_pauses = series.pop("gc_total", ()), series.pop("gc_pauses", None)
        added = Reading()
        if self._sampler is not None:
            samples = self._sampler.samples
            if not began_ns and samples:  # the generator died before it could say when it began
                began_ns = samples[0].at_ns
            added |= ring_use(samples, self._sampler.record_bytes)
            if self._setting.trial_kind == "load":
                added |= near_pauses(samples, gc_pauses)
                if gc_pauses is not None:
                    overwrites = self._setting.when_full == "overwrite"
                    added |= losses_in_pauses(samples, gc_pauses, self._sampler.capacity, overwrites=overwrites)
                if len(samples) > 1 and (lost := Spans(samples).rows(began_ns)):
                    series["losses"] = lost
            series["timeline"] = timeline(samples, began_ns, gc_total, self._probing.timeline_step_s)
        if gc_pauses:
            series["gc_pauses"] = [
                [round((start - began_ns) / 1e9, 6), length / 1e9, generation, cpu / 1e9]
                for start, length, generation, cpu in gc_pauses
            ]
        if "age_histogram" in series and ledger.offered is not None:
            added |= ages_among_offered(series["age_histogram"], ledger.offered)
        return Reading(metrics=reading.metrics, absent=reading.absent, series=series) | added


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
