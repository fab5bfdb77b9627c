"""bcc, and the program itself: compiled, loaded, attached to the tracepoint, and taken away again."""

import mmap
from collections.abc import Iterator

from bpf.channels.ring import RingChannel
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program, compile_flags, import_bcc
from harness.doctor import AS_ROOT, Finding
from harness.machine.privileges import in_user_namespace, missing_capabilities


def check() -> Iterator[Finding]:
    """Do once what each trial does, as far as this process may."""
    try:
        bcc = import_bcc()
    except CannotRun as error:
        yield Finding(level="missing", what=error.what, cure=error.cure)
        return
    yield Finding(level="fine", what=f"bcc {bcc.__version__} is there")
    if missing_capabilities() or in_user_namespace():
        yield Finding(level="unchecked", what="whether the program loads and attaches", cure=AS_ROOT)
        return
    options = LoadOptions(channel=RingChannel(size_bytes=mmap.PAGESIZE), tag=bytes(6))
    try:
        compile_flags(options)
    except CannotRun:  # the check `types` says it
        return
    try:
        with Program(options) as program:
            program.attach()
            counts_skipped = program.skipped() is not None
    except CannotRun as error:
        cure = "see the other findings; if none tells why, report this one with what was printed above it"
        yield Finding(level="missing", what=error.what, cure=cure)
        return
    yield Finding(level="fine", what="the program loads and attaches")
    if not counts_skipped:
        yield Finding(
            level="warning",
            what="this kernel does not count the runs that it skips: missed drops are known only from the number sent",
            cure="a kernel of 5.12 or later counts them",
        )
