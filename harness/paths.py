"""The paths among what somebody typed: mode files in a list of words, and each file in one role."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from results.errors import BadInput
from results.foreign import EXEC

Role = tuple[str, Path]
"""The option that names a file, and the file."""


def refuse_shared(written: Iterable[Role], read: Iterable[Role] = ()) -> None:
    """Raise BadInput when a file that is to be written stands in another role too, under whatever name.

    Of a folder that is read, its result files are.
    """
    known: dict[tuple[object, ...], Role] = {}
    for name, path in read:
        for file in path.rglob("*.jsonl") if path.is_dir() else [path]:
            known.setdefault(_identity(file), (name, file))
    for name, path in written:
        identity = _identity(path)
        if identity in known:
            other, same = known[identity]
            raise BadInput(f"{name} {path} is the same file as {other} {same}; give each a file of its own")
        known[identity] = (name, path)


def mode_files(words: str) -> list[Path]:
    """Return the mode files among the words of an option such as a.py,file or mode=b.py,reader=batch."""
    own, _ = split_commands(words)
    names = [word.partition("=")[2] or word for word in split_words(own)]
    return [Path(name) for name in names if "/" in name or name.endswith(".py")]


def split_commands(text: str) -> tuple[str, list[str]]:
    """Split `file,exec:A,exec:B` into what stands before, and commands; a command holds commas and blanks as it likes.

    So it does what looks like a mode: commands come last.
    """
    own, *commands = re.split(rf"(?:^|,)\s*{EXEC}", text)
    return own.strip(), [command.strip() for command in commands]


def split_words(text: str) -> list[str]:
    """Split `null,file` or `mode=b.py,reader=batch` at its commas, but for those in the path of a file that exists."""
    pieces, words = text.split(","), []
    while pieces:
        joined = ((count, ",".join(pieces[:count]).strip()) for count in range(len(pieces), 0, -1))
        paths = ((count, word) for count, word in joined if os.path.isfile(word.removeprefix("mode=")))  # noqa: PTH113
        count, word = next(paths, (1, pieces[0].strip()))
        words.append(word)
        pieces = pieces[count:]
    return words


def _identity(path: Path) -> tuple[object, ...]:
    """Identify a file by device and inode; one that is not there yet by those of its folder, and its name."""
    try:
        found = path.stat()
        return found.st_dev, found.st_ino
    except OSError:
        real = Path(os.path.realpath(path))
    try:
        folder = real.parent.stat()
        return folder.st_dev, folder.st_ino, real.name
    except OSError:
        return (real,)
