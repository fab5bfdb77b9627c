"""A result file that another process appends to, read line by line as it grows."""

import contextlib
import json
from pathlib import Path


class GrowingFile:
    """The whole lines of a result file, as it grows; `session` is the last one's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.session = ""
        self._read = 0

    def new(self) -> list[str]:
        """Return the lines that were written since the last call; what a killed run left torn is none."""
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
            self._read += len(whole) + bool(whole)
            return [text for line in whole.split(b"\n") if (text := self._row(line))]
        return []

    def _row(self, line: bytes) -> str:
        try:
            row = json.loads(line)
        except ValueError:
            return ""
        if row.get("type") == "session":
            self.session = row["id"]
        return line.decode()
