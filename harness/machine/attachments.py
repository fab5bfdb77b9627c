"""What processes have attached, as the kernel shows it: perf events, BPF links and programs, and open trace pipes."""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass

from harness.machine.proc import PROC, lines

_KINDS = ("anon_inode:[perf_event]", "anon_inode:bpf_link", "anon_inode:bpf-prog")
_TRACED = "/trace_pipe"


@dataclass(frozen=True, slots=True)
class Attachments:
    """Descriptors by process and number, and the ids of the programs among them."""

    descriptors: frozenset[tuple[int, str, str]]
    programs: frozenset[int]


def attachments(processes: Iterable[int]) -> Attachments:
    """List what these processes hold; one that is gone holds nothing."""
    descriptors: set[tuple[int, str, str]] = set()
    programs: set[int] = set()
    for pid in processes:
        folder = PROC / str(pid)
        with contextlib.suppress(OSError):
            for number in os.listdir(folder / "fd"):  # noqa: PTH208 - names alone
                with contextlib.suppress(OSError):  # closed meanwhile
                    target = os.readlink(folder / "fd" / number)  # noqa: PTH115 - may be no path
                    if target in _KINDS or _TRACED in target:
                        descriptors.add((pid, number, target))
                    if "bpf" in target:
                        programs.update(_programs(folder / "fdinfo" / number))
    return Attachments(frozenset(descriptors), frozenset(programs))


def _programs(info: os.PathLike[str]) -> Iterable[int]:
    for line in lines(PROC / info):
        name, _, value = line.partition(":")
        if name == "prog_id":
            yield int(value)
