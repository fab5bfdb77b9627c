"""Consumer modes: one file each; the file's stem, with - for _, is the mode's name."""

from bpf.own_code import is_file, read_source
from bpf.readers.batch import TakesBatches
from bpf.readers.callback import TakesRecords
from bpf.readers.compiled import TakesSteps
from bpf.readers.snapshot import TakesSnapshots
from modes.parts.discovery import load_mode, mode_names, readers_of
from modes.parts.mode import Kit, Mode

__all__ = [
    "Kit",
    "Mode",
    "TakesBatches",
    "TakesRecords",
    "TakesSnapshots",
    "TakesSteps",
    "is_file",
    "load_mode",
    "mode_names",
    "read_source",
    "readers_of",
]
