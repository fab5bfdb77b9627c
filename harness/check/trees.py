"""The two trees of a check against a git ref: the commit laid out aside, and the working tree."""

import ast
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.check.repository import lay_out
from harness.consumer.traits import traits_of
from harness.control import PROTOCOL
from harness.machine.checkout import checkout
from harness.machine.git import Repository
from harness.machine.user_path import user_path
from harness.trial import Tree, is_of
from modes import is_file, mode_names
from results.errors import BadInput


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A commit of a repository in a folder of its own; `lacks` says what of it is not there."""

    repository: Repository
    commit: str
    folder: Path
    lacks: Sequence[str]


def lay_out_for(modes: Sequence[str], ref: str, folder: Path, program: str | None = None) -> dict[str, LaidOut]:
    """Lay out a ref of the repositories that hold the modes, or the user's own program; by mode.

    Raises BadInput for one that has no such ref.
    """
    by_top: dict[Path, LaidOut] = {}
    by_mode = {}
    for mode in modes:
        traits_of(mode)
        repository = repository_of(mode, program)
        if repository is None:
            raise BadInput(f"--against git:{ref}: {program or mode} is in no git repository")
        if repository.top not in by_top:
            commit = repository.commit(ref)
            if commit is None:
                raise BadInput(f"--against git:{ref}: {repository.why_not(ref)}")
            aside = folder / f"tree-{len(by_top)}"
            by_top[repository.top] = LaidOut(repository, commit, aside, lay_out(repository, commit, aside))
        by_mode[mode] = by_top[repository.top]
    return by_mode


def trees(
    mode: str, laid: LaidOut, all_laid: Sequence[LaidOut], ref: str, program: str | None = None
) -> tuple[Tree, Tree]:
    """Say where the two arms of a mode run. Raises BadInput where the baseline's could not run what it stands for."""
    top, aside = laid.repository.top, laid.folder
    ours = None
    if _location(mode).is_relative_to(checkout()) and checkout().is_relative_to(top):
        ours = checkout().relative_to(top)
        _refuse_other_protocol(aside / ours, ref)
    name = mode if not is_file(mode) else _name_in(Path(mode), laid, ref)
    own = None if program is None else _name_in(Path(program), laid, ref)
    a = Tree(
        folder=aside,
        # In a stranger's repository our own packages are this checkout's for both arms: no folder of theirs that
        # happens to be called `results` or `modes` is taken for ours.
        harness=checkout() if ours is None else aside / ours,
        import_path=(aside, *(_moved(folder, all_laid) for folder in user_path())),
        mode=name,
        program=own,
        elsewhere=tuple(one.repository.top for one in all_laid),
    )
    b = Tree(
        folder=top,
        harness=checkout(),
        import_path=(top, *user_path()),
        mode=name,
        program=own,
        elsewhere=tuple(one.folder for one in all_laid),
    )
    return a, b


def _name_in(file: Path, laid: LaidOut, ref: str) -> str:
    """Return what a file is called in both arms. Raises BadInput where one of them has it not."""
    inside = _inside(file, laid.repository.top)
    if inside is None:
        raise BadInput(f"{file} is not in {laid.repository.top}: mode and program of one check lie in one repository")
    name = f"./{inside}"
    _refuse_unless_in(laid.folder, name, ref)
    _refuse_unless_in(laid.repository.top, name, "the working tree")
    return name


def repository_of(mode: str, program: str | None = None) -> Repository | None:
    """Find the repository that holds a mode, or the user's own program; for a link, the one that the link is in."""
    if program is not None or is_file(mode):
        path = Path(program or mode).absolute()
        return Repository.holding(path.parent) or Repository.holding(path.resolve().parent)
    if mode in mode_names() or is_module(mode):
        return Repository.holding(_location(mode).parent)
    return None


def is_module(name: str) -> bool:
    if not all(part.isidentifier() for part in name.split(".")) or "." not in name:
        return False
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return False
    return found is not None and found.origin is not None


def _location(mode: str) -> Path:
    if is_file(mode):
        return Path(mode).resolve()
    found = importlib.util.find_spec(f"modes.{mode.replace('-', '_')}" if mode in mode_names() else mode)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).resolve()


def _inside(path: Path, top: Path) -> Path | None:
    """Return what a path is called in a repository; None outside.

    No link below its top is followed: where it leads may be the very thing that differs between two commits.
    """
    parts = path.absolute().parts
    climbs = len(parts) - parts[::-1].index("..") if ".." in parts else 0
    path = Path(*parts[:climbs]).resolve().joinpath(*parts[climbs:])
    for outer in [*reversed(path.parents), path]:
        if outer.exists() and outer.samefile(top):
            return path.relative_to(outer)
    return path.resolve().relative_to(top) if path.resolve().is_relative_to(top) else None


def _moved(folder: Path, all_laid: Sequence[LaidOut]) -> Path:
    """Return what a folder of the user's path is for the baseline: its namesake in the commit; itself if outside."""
    for laid in all_laid:
        inside = _inside(folder, laid.repository.top)
        if inside is not None and is_of(folder / "any", laid.repository.top):
            return laid.folder / inside
    return folder


def _refuse_unless_in(folder: Path, name: str, what: str) -> None:
    path = folder / name
    if not path.is_symlink() and not path.is_file():
        raise BadInput(f"{name} does not exist in {what}")
    if not path.is_file():
        raise BadInput(f"{name} is a link that leads nowhere in {what} ({path.readlink()})")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadInput(
            f"{name} is a link that leads out of {what}, to {path.resolve()}: both arms would run that file; "
            "let the link be relative and lead to a file of the same commit, or name two files (--against file:PATH)"
        )


def _refuse_other_protocol(tree: Path, ref: str) -> None:
    """Compare worker protocols without running anything of the tree."""
    control = tree / "harness" / "control.py"
    for statement in ast.parse(control.read_bytes()).body if control.is_file() else []:
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == ["PROTOCOL"]:
            theirs = ast.literal_eval(statement.value)
            if theirs != PROTOCOL:
                raise BadInput(f"{ref} speaks worker protocol {theirs}, we speak {PROTOCOL}; compare nearer commits")
            return
    raise BadInput(f"{ref} states no worker protocol in harness/control.py; compare nearer commits")
