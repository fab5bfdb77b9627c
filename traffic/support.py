"""Which drop kinds this machine supports, and why it does not the others."""

from collections.abc import Sequence

from bpf.btf import KernelTypes
from bpf.errors import CannotRun
from bpf.reasons import Reasons
from traffic.kind import DropKind
from traffic.testbed import Testbed


def lacking(kinds: Sequence[DropKind]) -> dict[str, str | None]:
    """Say by each kind's name what it lacks here, as far as that can be told without a set-up; None: nothing."""
    known = _kernel_reasons()
    return {kind.name: _lacks(kind, known) for kind in kinds}


def lacking_set_up(kinds: Sequence[DropKind]) -> dict[str, str | None]:
    """Say by each kind's name what it lacks here; each is set up and taken down, which needs root."""
    why_not = lacking(kinds)
    with Testbed() as bed:
        for kind in kinds:
            if why_not[kind.name] is None:
                try:
                    with kind.installed(bed):
                        pass
                except CannotRun as error:
                    why_not[kind.name] = str(error)
    return why_not


def _kernel_reasons() -> Reasons | None:
    """Read the kernel's names of reasons; None where they cannot be read, which `bench doctor` explains."""
    try:
        with KernelTypes() as types:
            return Reasons.of_kernel(types)
    except (CannotRun, KeyError):
        return None


def _lacks(kind: DropKind, known: Reasons | None) -> str | None:
    if known is not None:
        unnamed = [reason for reason in kind.reasons if known.number(reason) is None]
        if unnamed:
            return f"this kernel does not name the reason {', '.join(unnamed)}"
    return kind.unsupported()
