"""The tutorial, carried out: `python -m tests.tutorial`, as root, runs it and puts what it prints into the page."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE = CHECKOUT / "docs/tutorial.md"
_STEP = re.compile(
    r"`(?P<file>[\w.]+)`(?: is)?:\n\n```python\n(?P<text>.*?)```|```console\n(?P<typed>.*?)```", re.DOTALL
)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the page, where what it printed stands in it, what that is, and what it printed now."""

    command: str
    span: tuple[int, int]
    shown: str
    printed: str
    status: int


def carry_out(page: str, folder: Path) -> Iterator[Step]:
    """Write the page's files and type its commands, in their order, in an empty folder."""
    (folder / "bin").mkdir()
    (folder / "bin/bench").symlink_to(CHECKOUT / "bench")
    work = folder / "work"
    work.mkdir()
    # No user behind sudo, who may not enter the folder; nobody's git configuration.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("SUDO_", "GITHUB_"))} | {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "COLUMNS": "160",
        "NO_COLOR": "1",
        **{f"GIT_{who}_{what}": "you@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    for part in _STEP.finditer(page):
        if part["file"] is not None:
            (work / part["file"]).write_text(part["text"])
            continue
        for each in _COMMAND.finditer(part["typed"]):
            ended = subprocess.run(
                each[1], shell=True, cwd=work, env=surroundings, capture_output=True, text=True, check=False
            )
            start = part.start("typed")
            yield Step(each[1], (start + each.start(2), start + each.end(2)), each[2], ended.stdout, ended.returncode)
            if ended.returncode not in (0, 1, 5):  # done, REGRESSED, or a trial that the machine spoilt
                raise RuntimeError(f"{each[1]} ended with {ended.returncode}: {ended.stderr}")


if __name__ == "__main__":
    text = PAGE.read_text()
    with tempfile.TemporaryDirectory(prefix="bench-tutorial-") as made:
        steps = list(carry_out(text, Path(made)))
    for step in reversed(steps):
        start, end = step.span
        text = text[:start] + step.printed + text[end:]
    PAGE.write_text(text)
