"""What the user's own modes, programs and traffic are at this moment: content, and the commit of their repository."""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from bpf.errors import CannotRun
from bpf.own import OwnProgram
from bpf.own_code import read_source
from harness.machine.git import Repository
from harness.trial import Tree
from modes import load_mode, mode_names
from results.check.blocks import Arm
from results.errors import BadInput
from results.foreign import EXEC
from results.session import ModeSource
from traffic.discovery import own_files
from traffic.own_kind import source_of as traffic_source


def sources_of(modes: Iterable[str], program: str | None = None) -> tuple[ModeSource, ...]:
    """Describe the files and modules among some modes, and a program; bench's own are told by its commit."""
    return tuple(source for mode in dict.fromkeys(modes) for source in source_of(mode)) + program_source(program)


def program_source(program: str | None, tree: Tree | None = None, arm: Arm | None = None) -> tuple[ModeSource, ...]:
    """Describe a user's own program, with the headers that are its own, as it is in a tree."""
    if program is None:
        return ()
    file = Path(program) if tree is None or tree.program is None else tree.folder / tree.program
    return (_described(program, file, OwnProgram.read(file).contents, arm),)


def source_of(mode: str, tree: Tree | None = None, arm: Arm | None = None) -> list[ModeSource]:
    """Describe one mode as it is in a tree, by default where it is named; nothing for one of bench itself."""
    file = _file_of(mode, tree)
    return [] if file is None else [_described(mode, file, read_source(file), arm)]


def traffic_of(kinds: Iterable[str]) -> tuple[ModeSource, ...]:
    """Describe the files among what traffic names, as they are loaded."""
    files = dict.fromkeys(file for kind in kinds for file in own_files(kind))
    return tuple(_described(file, Path(file), traffic_source(file), None) for file in files)


def _described(name: str, file: Path, source: bytes, arm: Arm | None) -> ModeSource:
    digest = hashlib.sha256(source).hexdigest()
    try:
        repository = Repository.holding(file.resolve().parent)
    except (CannotRun, BadInput):
        # Without git, or where git does not trust the folder, there is no commit to be had; the content tells enough.
        repository = None
    if repository is None:
        return ModeSource(mode=name, sha256=digest, arm=arm)
    dirty = repository.changed or not repository.tracks(file.resolve())
    return ModeSource(mode=name, sha256=digest, commit=repository.commit("HEAD"), dirty=dirty, arm=arm)


def _file_of(mode: str, tree: Tree | None) -> Path | None:
    if mode in mode_names() or mode.startswith(EXEC):  # a command's line is all that is known of it
        return None
    is_file = mode.endswith(".py") or "/" in mode
    if tree is not None:
        # A module of a tree is a file or a package there, or comes from elsewhere and is no part of the tree.
        file = tree.folder / (tree.mode if is_file else f"{tree.mode.replace('.', '/')}.py")
        return file if file.is_file() else None
    return Path(mode) if is_file else Path(str(sys.modules[load_mode(mode).__module__].__file__))
