"""The program, its channel, the reader and the mode, as a setting names them."""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bpf import syscalls
from bpf.channel import RecordChannel
from bpf.channels.ring import RingChannel
from bpf.errors import CannotRun
from bpf.hooks import Devices
from bpf.own import OwnProgram
from bpf.program import LoadOptions, Program
from bpf.reader import Reader, reader_named
from bpf.synthetic import Emitter, EmitterIds, Key
from harness.channel import channel_of
from harness.consumer.mode_errors import describe, look_at_counts
from harness.messages import ConsumerSpec, Maps
from modes import Kit, Mode, load_mode
from modes.parts.mode import DEFAULT_WINDOW, Decode, Format
from results.errors import BadInput
from results.trial import Setting


class ModeRaised(Exception):
    """A mode raised when it was opened; the text says what, and where."""


def load_options(spec: ConsumerSpec) -> LoadOptions:
    """Say which program a consumer loads."""
    if spec.shared is not None:  # it takes the place of this one
        return LoadOptions(channel=RingChannel(size_bytes=mmap.PAGESIZE))
    if spec.program is not None:
        devices = Devices(receivers=spec.receivers, senders=spec.senders)
        own = OwnProgram.read(Path(spec.program))
        return LoadOptions(channel=channel_of(spec.setting), tag=spec.tag, own=own, devices=devices)
    return LoadOptions(channel=channel_of(spec.setting), tag=spec.tag, synthetic=spec.tag is None)


def open_mode(spec: ConsumerSpec, program: Program) -> Mode:
    """Load and open the mode. Raises ModeRaised, CannotRun, BadInput."""
    mode_class = load_mode(spec.mode)
    kit = Kit(
        decode=cast("Decode", spec.setting.decode or "struct"),  # plans hold valid ones only
        format=cast("Format", spec.setting.format or "text"),
        object_kind=spec.setting.object_kind or "dataclass",
        window_events=spec.setting.window_events or DEFAULT_WINDOW,
        output=spec.output_fd,
        events=program.events,
        record=program.record,
    )
    try:
        mode = mode_class(kit)
        look_at_counts(mode)
    except CannotRun:  # what a mode is given may be missing on this machine
        raise
    except BaseException as error:  # a sys.exit() too
        raise ModeRaised(describe(error, mode_class)) from error
    return mode


def open_reader(setting: Setting, program: Program, mode: Mode) -> Reader:
    """Open the reader of a setting. Raises BadInput for a mode that it cannot serve, as an older commit may hold."""
    name = setting.reader or program.options.channel.readers[0]
    reader = reader_named(name)
    if not isinstance(mode, reader.serves):
        raise BadInput(
            f"mode {setting.mode} has no method for the {name} reader in one of its two states; name a --reader that "
            "both have, or keep both methods and compare two settings (--a, --b)"
        )
    return reader.open(program, mode)


ONE_CAUSE: Sequence[Key] = ((0xFFFFFFFF81000000, 1, 3),)


def fill(program: Program, records: int, keys: Sequence[Key] = ONE_CAUSE) -> None:
    """Put synthetic records of these causes in turn into the channel, to be drained."""
    plan, in_turn = program.map_fd("synthetic_plan"), program.map_fd("synthetic_keys")
    Emitter(program.emit_fd, plan, in_turn, keys).emit(records)


def maps_of(program: Program) -> Maps:
    """Return the ids by which a program and its maps are opened from outside."""
    emitter = None
    if program.options.synthetic:
        emitter = EmitterIds(
            program=syscalls.program_info(program.emit_fd).id,
            plan=syscalls.map_id(program.map_fd("synthetic_plan")),
            keys=syscalls.map_id(program.map_fd("synthetic_keys")),
        )
    first, *others = [syscalls.program_info(each).id for each in program.functions]
    counters, channel = program.counters_map, program.options.channel
    return Maps(
        program=first,
        others=tuple(others),
        counters=None if counters is None else syscalls.map_id(program.map_fd(counters)),
        channel=syscalls.map_id(program.channel_fd),
        carriers=() if program.options.channel.found_by_id else tuple(program.carriers),
        emitter=emitter,
        sample_bytes=channel.sample_bytes if isinstance(channel, RecordChannel) else None,
        sees=program.sees,
    )
