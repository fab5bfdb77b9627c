"""As `file`, to the terminal: isolates a TTY."""

from modes.file import File


class Terminal(File):
    writes = "terminal"
    formats = ("text", "json")  # raw records are nothing to look at
