"""One file, one role: what a command writes is neither what it reads nor another of its outputs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from results.errors import BadInput

Role = tuple[str, Path]

_NAMES_MODES = ("mode", "against", "a", "b")


def output(text: str) -> Path:
    """Read the path of a file that is to be written: the type of such options, by which `check_roles` knows them."""
    return Path(text)


def check_roles(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Refuse one file in two roles among a command's arguments. Raises BadInput."""
    read: list[Role] = []
    written: list[Role] = []
    for action in parser._actions:  # argparse tells a parser's options in no other way
        name, value = "/".join(action.option_strings) or str(action.metavar), getattr(arguments, action.dest, None)
        if action.type is output and value is not None and str(value) != "-":
            written.append((name, value))
        elif action.type is Path and value is not None:
            read += [(name, path) for path in (value if isinstance(value, list) else [value])]
        elif action.dest in _NAMES_MODES and isinstance(value, str):
            read += [(name, path) for path in mode_files(value)]
    if written:
        refuse_shared(written, read)


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
    names = [word.partition("=")[2] or word for word in split_words(words)]
    return [Path(name) for name in names if "/" in name or name.endswith(".py")]


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
