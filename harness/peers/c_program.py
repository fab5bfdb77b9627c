"""Build the C consumer, harness/peers/consumer.c, and say how it is run."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

from bpf.clock import realtime_offset_ns
from bpf.errors import CannotRun
from harness.consumer.command import Recipe, Usage
from harness.messages import Done, Maps
from harness.probes.reading import Reading
from modes import Kit
from results.trial import Setting

SOURCE = Path(__file__).with_name("consumer.c")


class CProgram:
    """The built program, and a file that tells it the names of the reasons."""

    def __init__(self, folder: Path) -> None:
        """Build it in a folder. Raises CannotRun with what is missing."""
        self._program, self._reasons = folder / "consumer", folder / "reasons"
        compiler = next((found for name in ("clang", "gcc", "cc") if (found := shutil.which(name))), None)
        if compiler is None:
            raise CannotRun("there is no C compiler", "install clang or gcc")
        built = subprocess.run(
            [compiler, "-O2", "-o", self._program, SOURCE, "-lbpf"], check=False, capture_output=True, text=True
        )
        if built.returncode:
            if "bpf/" in built.stderr or "-lbpf" in built.stderr:
                raise CannotRun("libbpf's headers are missing", "install libbpf-dev or libbpf-devel")
            raise CannotRun("it does not compile", built.stderr.strip().splitlines()[0])
        named = sorted((number, name) for name, number in Kit().reasons.by_name().items())
        self._reasons.write_text("".join(f"{number} {name}\n" for number, name in named))

    def recipe(self, setting: Setting, maps: Maps, output_fd: int) -> Recipe:
        """Return how it consumes a shared ring as a setting says."""
        drains = setting.drain_records is not None
        wait = f"{(setting.interval_ns or 0) // 1000}" if setting.wait == "paced" else setting.wait
        work = setting.mode.removeprefix("c-")
        arguments = (maps.channel, "drain" if drains else wait, work, output_fd, realtime_offset_ns(), self._reasons)
        return Recipe(
            name="C consumer",
            command=(str(self._program), *map(str, arguments)),
            done=_done,
            maps=maps,
            ready="ready",
            goes=drains,
            stop=signal.SIGUSR1,
        )


def _done(said: bytes, _usage: Usage) -> Done:
    """Read its last line. Raises ValueError."""
    told = json.loads(said.splitlines()[-1])
    metrics = {"cpu_s": told["cpu_s"], "waits": told["waits"]}
    if told["consumed"]:
        metrics["cpu_ns_per_event"] = told["cpu_s"] * 1e9 / told["consumed"]
    return Done(
        consumed=told["consumed"],
        checksum_read=told["checksum_read"],
        began_ns=told["began_ns"],
        last_consumed_ns=told["last_consumed_ns"],
        reading=Reading(metrics=metrics),
    )
