"""Consumer modes: one file each; the file's stem, with - for _, is the mode's name."""

from modes._discovery import load_mode, mode_names, readers_of
from modes._kit import Kit
from modes._mode import Mode

__all__ = ["Kit", "Mode", "load_mode", "mode_names", "readers_of"]
