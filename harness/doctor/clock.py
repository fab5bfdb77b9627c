"""The kernel's clock: where it is a device, each reading is slow, and for Python a system call."""

from collections.abc import Iterator
from pathlib import Path

from harness.doctor import Finding

SETTING = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
# Clock sources with a vdso_clock_mode (arch/x86/kernel/tsc.c, kvmclock.c, drivers/clocksource/hyperv_timer.c,
# arm_arch_timer.c), and those of x86 that have none (arch/x86/kernel/hpet.c, drivers/clocksource/acpi_pm.c,
# kernel/time/jiffies.c).
_BY_THE_VDSO = ("tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter")
DEVICES = frozenset({"hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"})


def check(setting: Path = SETTING) -> Iterator[Finding]:
    """Name a clock that the BPF program pays for at each event, and a consumer at each time that it takes."""
    try:
        source = setting.read_text(encoding="utf-8").strip()
    except OSError:
        yield Finding(level="unchecked", what="which clock the kernel reads")
        return
    if source in DEVICES:
        yield Finding(
            level="warning",
            what=f"the kernel's clock is {source}, a device: read for each event, and by Python with system calls",
            cure="dmesg says why it is not tsc: grep it for clocksource; in a virtual machine give it the host's clock",
        )
    elif source not in _BY_THE_VDSO:
        yield Finding(level="unchecked", what=f"whether the kernel's clock, {source}, is read without a system call")
    else:
        yield Finding(level="fine", what=f"the kernel's clock is {source}, which is read without a system call")
