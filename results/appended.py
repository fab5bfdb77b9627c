"""A file of lines that only grows, whoever else appends to it and however the program that does ends."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from results.errors import BadInput
from results.lock import hold
from results.output import as_caller, open_output, take_back


class AppendedFile:
    """Append lines to a file, as a context manager; opening it proves that it can be written.

    Each line is one write to a descriptor in append mode, so a killed run leaves at most its last line torn. `alone`:
    nobody else writes to it meanwhile, as resuming needs it. A file that it made is taken back where an error leaves
    the context while it is `unused`. Raises BadInput when the path is no file that can be appended to, is held by
    another process, or holds what is not ours: no `kind`. `callers`: it must be one that who called sudo may write.
    """

    def __init__(
        self, path: Path, is_ours: Callable[[int], bool], kind: str, *, alone: bool, callers: bool = False
    ) -> None:
        self.path = path
        self.unused = not os.path.lexists(path)
        with as_caller() if callers else contextlib.nullcontext():
            self._descriptor = open_output(path, append=True)
        try:
            hold(self._descriptor, path, alone=alone)
            if not os.fstat(self._descriptor).st_nlink:
                raise BadInput(f"{path} was removed while it was opened; try again")
            if not is_ours(self._descriptor):
                raise BadInput(f"{path} is no {kind}, and nothing is appended to it; name a new file")
            # A file that a killed run left torn: that line is ended before ours, so that ours stays whole.
            self._torn = not _ends_in_newline(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise

    def append(self, line: bytes) -> None:
        """Append a line, or several at once. Raises OSError when the disk is full or gone."""
        rest = b"\n" + line if self._torn else line
        self._torn = True
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise OSError(error.errno, f"cannot append to the result file: {error.strerror}", str(self.path)) from error
        self._torn = False

    def close(self) -> None:
        """Bring the lines to the disk and close. Safe to call twice."""
        if self._descriptor >= 0:
            try:
                os.fsync(self._descriptor)
            finally:
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and self.unused:
            with contextlib.suppress(BadInput):  # another session writes to it too, or its folder is gone
                hold(self._descriptor, self.path, alone=True)
                take_back(self.path, self._descriptor)
        self.close()


def _ends_in_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
