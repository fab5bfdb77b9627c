"""CPU time that control groups grant: a process whose group has used up its quota does not run until the next period.

Looked at are the process's own group and those above it, as far as they are mounted here: in a container, down from
the container's own. Version 1 and 2 differ in the names of their files (Documentation/scheduler/sched-bwc.rst).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.machine.proc import lines

PROC = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class Quota:
    """What a group's processes may use together: `quota_us` in each `period_us`, added over the CPUs."""

    group: Path
    quota_us: int
    period_us: int

    @property
    def cpus(self) -> float:
        return self.quota_us / self.period_us


def quotas(proc: Path = PROC) -> list[Quota]:
    """List the quotas that this process is under, the tightest first."""
    found = [quota for group in groups(proc) if (quota := _quota(group)) is not None]
    return sorted(found, key=lambda quota: quota.cpus)


def throttled_s(proc: Path = PROC) -> dict[Path, float]:
    """Return how long each group has been held back, in seconds added over the CPUs; empty where none counts it."""
    found = {}
    for group in groups(proc):
        stat = statistics(group)
        if "throttled_usec" in stat:
            found[group] = stat["throttled_usec"] / 1e6
        elif "throttled_time" in stat:  # version 1
            found[group] = stat["throttled_time"] / 1e9
    return found


def statistics(group: Path) -> dict[str, int]:
    """Read the counters of a group's cpu.stat; none where it has none."""
    try:
        counters = (group / "cpu.stat").read_text().splitlines()
    except FileNotFoundError:
        return {}
    return {name: int(value) for name, value in (line.split() for line in counters)}


def groups(proc: Path = PROC) -> Iterator[Path]:
    """Yield the folders of this process's group and of those above it, in each hierarchy that grants CPU time."""
    own = {}
    for line in lines(proc / "cgroup"):
        _, controllers, path = line.split(":", 2)
        own.update(dict.fromkeys(controllers.split(","), path))
    for line in lines(proc / "mountinfo"):
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        # Version 2 has one hierarchy, without a name; in version 1 it is that of the controller `cpu`.
        controller = "" if kind == "cgroup2" else "cpu"
        if kind not in ("cgroup", "cgroup2") or controller not in own or controller not in ["", *options.split(",")]:
            continue
        root, mount = fields.split(" ")[3:5]
        inside = PurePosixPath(own[controller])
        below = inside.relative_to(root) if inside.is_relative_to(root) else PurePosixPath()
        yield from (Path(mount) / each for each in (below, *below.parents))


def _quota(group: Path) -> Quota | None:
    try:
        if (group / "cpu.max").exists():
            words = (group / "cpu.max").read_text().split()
        else:
            words = [(group / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period")]
    except FileNotFoundError:  # version 2's root, or no such controller here
        return None
    quota, period = words
    return None if quota in ("max", "-1") else Quota(group, int(quota), int(period))
