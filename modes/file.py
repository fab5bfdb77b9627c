"""Name reason and function, format a line, write it to a file through a 256 KiB buffer: isolates disk output."""

from modes.parts.writing import Writer


class File(Writer):
    writes = "file"
