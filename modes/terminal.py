"""As `file`, to the terminal: shows what a terminal costs."""

from modes.file import File


class Terminal(File):
    writes = "terminal"
    formats = ("text", "json")  # raw records are nothing to look at
