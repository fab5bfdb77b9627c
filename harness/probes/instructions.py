"""Instructions of the consumer, counted by valgrind's callgrind: the same number on any machine, however busy it is.

Callgrind runs the process in an emulator, some ninety times slower where it counts; until `start` and after `stop` it
does not count. What the kernel does for a system call is not in the number.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import shutil
from pathlib import Path

from bpf.errors import CannotRun
from harness.control import Emulator
from harness.probes.reading import Reading

SLOWER = 30
"""An emulated process may take so many times as long as another."""

FUNCTIONS = 100
"""So many of the functions that take most instructions are listed."""

_OUT = "BENCH_CALLGRIND_OUT"

# valgrind.h, "special sequence": code that does nothing on a CPU and that valgrind takes for a request. The function
# takes the address of six words (what is asked, five arguments) and returns valgrind's answer, or 0 outside of it.
_REQUEST = {
    # mov rax, rdi; xor edx, edx; rol rdi, 3; rol rdi, 13; rol rdi, 61; rol rdi, 51; xchg rbx, rbx; mov rax, rdx; ret
    "x86_64": "4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3",
    # mov x4, x0; mov x3, #0; ror x12, x12, #3; #13; #51; #61; orr x10, x10, x10; mov x0, x3; ret
    "aarch64": "e40300aa 030080d2 8c0dcc93 8c35cc93 8ccdcc93 8cf5cc93 4a010aaa e00303aa c0035fd6",
}
# callgrind.h, the order of Vg_CallgrindClientRequest, above VG_USERREQ_TOOL_BASE('C', 'T').
_DUMP, _ZERO, _, _, _START, _STOP = range(0x43540000, 0x43540006)


def callgrind(out: Path) -> Emulator:
    """Return what runs a process whose instructions are counted. Raises CannotRun where there is no callgrind.

    Sets and dicts have the same order each time. In `out` it leaves files when it counted, and at its end.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CannotRun("counting instructions takes valgrind, which is not here", "apt-get install valgrind")
    if platform.machine() not in _REQUEST:
        can = " and ".join(_REQUEST)
        raise CannotRun(f"counting instructions is done on {can}, not on {platform.machine()}", "gate another metric")
    return Emulator(
        words=(
            valgrind, "-q", "--tool=callgrind", "--instr-atstart=no", "--compress-strings=no", "--compress-pos=no",
            f"--callgrind-out-file={out}",
        ),
        environment={_OUT: str(out), "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0")},
        slower=SLOWER,
    )  # fmt: skip


class InstructionsProbe:
    """Counts from `start` to `stop`, in a process that `callgrind` runs."""

    def __init__(self) -> None:
        code = bytes.fromhex(_REQUEST[platform.machine()])
        self._page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self._page.write(code)
        self._words = (ctypes.c_uint64 * 6)()
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        self._ask = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.POINTER(ctypes.c_uint64))(address)
        self._request(_STOP)

    def _request(self, what: int) -> None:
        self._words[0] = what
        self._ask(self._words)

    def start(self) -> None:
        self._request(_ZERO)
        self._request(_START)

    def stop(self, events: int) -> Reading:
        self._request(_STOP)
        self._request(_DUMP)
        out = Path(f"{os.environ[_OUT]}.1")
        counted = instructions(out)
        out.unlink()  # a trial whose own could not be written must not find this one's
        if not events:
            return Reading(absent={"instructions_per_event": "no events"})
        most = sorted(counted.items(), key=lambda item: -item[1])[:FUNCTIONS]
        return Reading(
            metrics={"instructions_per_event": sum(counted.values()) / events},
            series={"instruction_functions": [{"function": name, "instructions": count} for name, count in most]},
        )


def instructions(path: Path) -> dict[str, int]:
    """Add up a callgrind file: the instructions of each function itself, called ones not included."""
    counted: dict[str, int] = {}
    function, inclusive = "", False
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("fn="):
            function = line[3:]
        elif line.startswith("calls="):
            inclusive = True  # the next line holds what was spent in the called function
        elif line[:1].isdigit():  # where it is, and a cost unless that is 0
            if not inclusive:
                counted[function] = counted.get(function, 0) + int(*line.split()[1:])
            inclusive = False
    return counted
