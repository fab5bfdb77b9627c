"""The JIT compiler, without which the program runs in the kernel's interpreter."""

from collections.abc import Iterator
from pathlib import Path

from harness.doctor import AS_ROOT, Finding
from harness.machine.privileges import to_type

SETTING = Path("/proc/sys/net/core/bpf_jit_enable")
# Every kernel has it, and shows it in the machine's first network namespace alone, as it does the other.
FIRST_ALONE = "netdev_max_backlog"


def check(setting: Path = SETTING) -> Iterator[Finding]:
    """Read the setting, which is root's to read, and hidden in a container with a network of its own."""
    try:
        value = setting.read_text(encoding="utf-8").strip()
    except PermissionError:
        yield Finding(level="unchecked", what="whether the JIT compiler is on", cure=AS_ROOT)
    except FileNotFoundError:
        if not setting.with_name(FIRST_ALONE).exists():
            yield Finding(
                level="unchecked",
                what="whether the JIT compiler is on: a network namespace of its own does not show it",
                cure="look with the machine's network (docker run --network host), or outside of the container",
            )
            return
        yield Finding(
            level="warning",
            what="this kernel has no JIT compiler: the program is interpreted, several times as slow",
            cure="boot a kernel built with CONFIG_BPF_JIT=y",
        )
    else:
        if value == "0":
            yield Finding(
                level="warning",
                what="the JIT compiler is off: the program is interpreted, several times as slow",
                cure=to_type("sysctl net.core.bpf_jit_enable=1"),
            )
        else:
            yield Finding(level="fine", what="the JIT compiler is on")
