"""The channels beside the shared ring: each is made once, with the program that writes it."""

from collections.abc import Iterator
from importlib.util import find_spec

from bpf.channel import record_channels
from bpf.channels.ring import RingChannel
from bpf.errors import CannotRun
from bpf.program import LoadOptions, Program, compile_flags
from harness.doctor import AS_ROOT, Finding
from harness.machine.privileges import in_user_namespace, missing_capabilities

SIZE_BYTES = 1 << 20


def check() -> Iterator[Finding]:
    """Load what each channel needs; the shared ring's is the check `program`."""
    others = {name: kind for name, kind in record_channels().items() if name != "ring"}
    if missing_capabilities() or in_user_namespace():
        yield Finding(level="unchecked", what=f"whether the channels {', '.join(others)} can be made", cure=AS_ROOT)
        return
    try:
        compile_flags(LoadOptions(channel=RingChannel()))
    except CannotRun:  # the check `types` says it
        return
    if find_spec("numpy") is None:
        yield Finding(
            level="warning", what="the channels cannot be tried: numpy is missing", cure="type: ./bench doctor"
        )
        return
    for name, kind in others.items():
        if (why := kind.unsupported()) is not None:
            yield Finding(level="warning", what=f"the channel {name} cannot be used", cure=why)
            continue
        try:
            with Program(LoadOptions(channel=kind.of(size_bytes=SIZE_BYTES, wakeup=None))):
                pass
        except CannotRun as error:
            cure = "see the other findings; where none tells why, use --channel ring"
            yield Finding(level="warning", what=f"the channel {name} cannot be made: {error.what}", cure=cure)
        else:
            yield Finding(level="fine", what=f"the channel {name} can be made")
