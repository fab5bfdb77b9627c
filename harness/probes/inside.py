"""The consumer's own probes of one trial: which belong to its pass, in which order they are read."""

from collections.abc import Collection, Mapping

from bpf.readers.compiled import CompiledReader
from harness.consumer.waits import Consumes
from harness.probes.age import AgeProbe, no_ages
from harness.probes.allocation import AllocationProbe
from harness.probes.batches import BatchProbe
from harness.probes.collector import CollectorProbe
from harness.probes.instructions import InstructionsProbe
from harness.probes.lines import LineProbe
from harness.probes.process import CpuProbe, MemoryProbe, RunDelayProbe
from harness.probes.reading import Probe, Reading
from modes import Mode
from results.trial import Setting

# In every pass but the allocation pass. Each reads the machine before and after, and costs nothing in between; the
# collector's is called at each collection. `bench doctor --probes` measures that it is so.
TIMED: dict[str, type[MemoryProbe] | type[CollectorProbe] | type[RunDelayProbe]] = {
    "collector": CollectorProbe,  # the first to start and the last to stop: it lists objects, which takes memory
    "memory": MemoryProbe,
    "run-delay": RunDelayProbe,
}


class Panel:
    """Reads all probes: CPU time last before the consumer works and first after, so that it is the consumer's alone."""

    def __init__(self, setting: Setting, mode: Mode) -> None:
        """Put in place what stands between the mode and its reader; the reader is opened after this."""
        self._setting = setting
        self._timed: Mapping[str, Probe] = {}
        self._probes: list[Probe] = []
        self._known = Reading()
        if setting.pass_ == "allocation":  # memray disturbs whatever the others would read
            self._probes.append(AllocationProbe())
            return
        if setting.pass_ == "instructions":  # times of an emulated process are nobody's
            self._probes.append(InstructionsProbe())
            return
        self._timed = {name: probe() for name, probe in TIMED.items()}
        if setting.pass_ == "sampled":
            self._probes.append(LineProbe())
        if setting.pass_ == "latency":
            if setting.reader is None:
                self._known = no_ages(setting.mode)
            else:
                self._probes.append(AgeProbe(mode, setting.reader))

    def watch(self, reader: Consumes) -> Consumes:
        """Return what the loop is to call instead of the reader: in the timed pass, the reader itself."""
        if isinstance(reader, CompiledReader):
            for probe in self._probes:
                if isinstance(probe, AgeProbe):
                    probe.watch(reader)
        if self._setting.pass_ != "kernel":
            return reader
        batches = BatchProbe(reader)
        self._probes.append(batches)
        return batches

    def start(self, without: Collection[str] = ()) -> None:
        """Begin, once or again; `without` names timed probes to leave out, so that their cost can be measured."""
        timed = (probe for name, probe in self._timed.items() if name not in without)
        self._on = [*timed, *self._probes, *([] if self._setting.pass_ == "instructions" else [CpuProbe()])]
        for probe in self._on:
            probe.start()

    def stop(self, events: int) -> Reading:
        """Return what all probes read, while so many events were consumed."""
        found = self._known
        for probe in reversed(self._on):
            found |= probe.stop(events)
        return found
