"""Consumer modes: one file each; the file's stem, with - for _, is the mode's name."""

from modes._discovery import is_file, load_mode, mode_names, readers_of
from modes._kit import Kit
from modes._mode import Mode
from modes._source import read_source

__all__ = ["Kit", "Mode", "is_file", "load_mode", "mode_names", "read_source", "readers_of"]
