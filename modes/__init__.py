"""Consumer modes: one file each; the file's stem, with - for _, is the mode's name."""

from modes.parts.discovery import is_file, load_mode, mode_names, read_source, readers_of
from modes.parts.mode import Kit, Mode

__all__ = ["Kit", "Mode", "is_file", "load_mode", "mode_names", "read_source", "readers_of"]
