"""bcc: the distribution's package, seen by this Python."""

from __future__ import annotations

from collections.abc import Iterator

from bpf.errors import CannotRun
from bpf.program import import_bcc
from harness.doctor._finding import Finding


def check() -> Iterator[Finding]:
    """Import it."""
    try:
        bcc = import_bcc()
    except CannotRun as error:
        yield Finding(level="missing", what=error.what, cure=error.cure)
    else:
        yield Finding(level="fine", what=f"bcc {bcc.__version__} is there")
