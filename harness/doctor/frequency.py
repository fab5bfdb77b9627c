"""The CPU's frequency: a governor that saves power, or a turbo, makes the same work take different times."""

from collections.abc import Iterator
from pathlib import Path

from harness.doctor import Finding
from harness.machine.privileges import to_type

SYSTEM = Path("/sys/devices/system/cpu")


def check(system: Path = SYSTEM) -> Iterator[Finding]:
    """Read governor and turbo where the kernel shows them; a virtual machine's are its host's."""
    governors = {path.read_text(encoding="utf-8").strip() for path in system.glob("cpu[0-9]*/cpufreq/scaling_governor")}
    if not governors:
        yield Finding(
            level="unchecked", what="governor and turbo cannot be seen from here, as in most virtual machines"
        )
        return
    if governors - {"performance"}:
        yield Finding(
            level="warning",
            what=f"the frequency governor is {', '.join(sorted(governors))}",
            cure=to_type("cpupower frequency-set -g performance"),
        )
    else:
        yield Finding(level="fine", what="the frequency governor is performance")
    no_turbo, boost = system / "intel_pstate/no_turbo", system / "cpufreq/boost"
    if no_turbo.exists() and no_turbo.read_text(encoding="utf-8").strip() == "0":
        yield Finding(
            level="warning",
            what="turbo is on: a CPU is faster while the others sleep",
            cure=to_type(f"sh -c 'echo 1 >{no_turbo}'"),
        )
    elif boost.exists() and boost.read_text(encoding="utf-8").strip() == "1":
        yield Finding(
            level="warning",
            what="boost is on: a CPU is faster while the others sleep",
            cure=to_type(f"sh -c 'echo 0 >{boost}'"),
        )
