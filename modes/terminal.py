"""As `file`, to the terminal: isolates a TTY."""

from modes.parts.writing import Writer


class Terminal(Writer):
    writes = "terminal"
    formats = ("text", "json")  # raw records are nothing to look at
