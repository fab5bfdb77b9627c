"""As `file`, to the terminal: isolates a TTY."""

from modes._writer import Writer


class Terminal(Writer):
    writes = "terminal"
    formats = ("text", "json")  # raw records are nothing to look at
