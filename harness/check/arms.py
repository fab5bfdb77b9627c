"""Which two things a check compares: a git ref, another mode or a stored result, and the candidate; or two settings."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import options
from harness.caller import Caller
from harness.check.git import Repository
from harness.cli import checkout
from harness.control import PROTOCOL
from harness.plan import Wishes
from harness.traits import traits_of
from harness.tree import Tree
from modes import is_file, mode_names
from results.errors import BadInput


@dataclass(frozen=True, slots=True)
class Side:
    """One arm of one mode: the mode's name in its settings, the wishes for them, and the tree that it runs from."""

    mode: str
    wishes: Wishes
    tree: Tree | None = None


@dataclass(frozen=True, slots=True)
class Arms:
    """Both arms, by the name under which each pair is judged; `words_a` and `words_b` say in words what they are."""

    words_a: str
    words_b: str
    pairs: Mapping[str, tuple[Side, Side]] = field(default_factory=dict)


def against(target: str, modes: Sequence[str], wishes: Wishes, owner: Caller, folder: Path) -> Arms:
    """Compare modes with their state at a git ref, or one mode with another file or module.

    `folder` is where a commit is laid out. Raises BadInput for a target that fits nothing, or both.
    """
    kind, _, name = target.partition(":")
    if kind not in ("git", "file") or not name:
        kind, name = _kind_of(target, modes, owner), target
    if kind == "file":
        return _against_mode(name, modes, wishes)
    return _against_ref(name, modes, wishes, owner, folder)


def two_settings(a: str, b: str, modes: Sequence[str], wishes: Wishes) -> Arms:
    """Compare two settings, each `key=value` pairs over the common options."""
    sides = [_side(text, modes, wishes) for text in (a, b)]
    return Arms(a, b, {sides[1].mode: (sides[0], sides[1])})


def alone(modes: Sequence[str], wishes: Wishes, words_a: str, words_b: str) -> Arms:
    """Compare each mode with itself: A against A, or against its stored trials."""
    return Arms(words_a, words_b, {mode: (Side(mode, wishes), Side(mode, wishes)) for mode in modes})


def _kind_of(target: str, modes: Sequence[str], owner: Caller) -> str:
    is_mode = target in mode_names() or Path(target).is_file() or _is_module(target)
    repository = _repository_of(modes[0], owner)
    is_ref = repository is not None and repository.commit(target) is not None
    if is_mode and is_ref:
        raise BadInput(f"{target!r} is both a git ref and a mode; write git:{target} or file:{target}")
    if not is_mode and not is_ref:
        where = f"of {repository.top}" if repository else f"(and {modes[0]} is in no git repository)"
        raise BadInput(f"--against {target!r} is neither a git ref {where} nor a mode, file or module")
    return "git" if is_ref else "file"


def _against_mode(name: str, modes: Sequence[str], wishes: Wishes) -> Arms:
    if len(modes) != 1:
        raise BadInput(f"--against {name} compares one mode with another; --mode names {len(modes)}")
    traits_of(name)
    return Arms(f"mode {name}", f"mode {modes[0]}", {modes[0]: (Side(name, wishes), Side(modes[0], wishes))})


def _against_ref(ref: str, modes: Sequence[str], wishes: Wishes, owner: Caller, folder: Path) -> Arms:
    pairs: dict[str, tuple[Side, Side]] = {}
    tops: dict[Path, tuple[Repository, str, Path]] = {}
    for mode in modes:
        traits_of(mode)
        repository = _repository_of(mode, owner)
        if repository is None:
            raise BadInput(f"--against git:{ref}: {mode} is in no git repository")
        if repository.top not in tops:
            commit = repository.commit(ref)
            if commit is None:
                raise BadInput(f"--against git:{ref}: {repository.top} has no such ref")
            aside = folder / f"tree-{len(tops)}"
            aside.mkdir()
            repository.lay_out(commit, aside)
            _refuse_other_protocol(aside, ref)
            tops[repository.top] = (repository, commit, aside)
        _, _, aside = tops[repository.top]
        a, b = _tree(mode, repository.top, aside), _tree(mode, repository.top, repository.top)
        if a is not None and a.mode.endswith(".py") and not (aside / a.mode).is_file():
            raise BadInput(f"--against git:{ref}: {a.mode} does not exist in that commit")
        pairs[mode] = (Side(mode, wishes, a), Side(mode, wishes, b))
    repository, commit, _ = next(iter(tops.values()))
    now = repository.commit("HEAD") or "no commit"
    changed = " with changes" if repository.changed else ""
    return Arms(f"git {ref} ({commit[:12]})", f"the working tree ({now[:12]}{changed})", pairs)


def _tree(mode: str, top: Path, folder: Path) -> Tree | None:
    """Say where a mode's consumer processes run when the repository's files are in `folder`.

    A repository that holds bench itself brings its own harness; in any other, ours comes first, so that no folder of
    theirs that happens to be called `results` or `modes` is taken for ours.
    """
    if not is_file(mode):
        own = top == checkout()
        if own and folder == top:
            return None
        return Tree(folder, (folder,) if own else (checkout(), folder), mode)
    relative = Path(mode).resolve().relative_to(top)
    own = (folder / "harness" / "control.py").is_file() and top == checkout()
    return Tree(folder, (folder,) if own else (checkout(), folder), f"./{relative}")


def _repository_of(mode: str, owner: Caller) -> Repository | None:
    if is_file(mode):
        return Repository.holding(Path(mode).resolve().parent, owner)
    if mode in mode_names():
        return Repository.holding(checkout(), owner)
    found = importlib.util.find_spec(mode) if _is_module(mode) else None
    if found is None or found.origin is None:
        return None
    return Repository.holding(Path(found.origin).resolve().parent, owner)


def _is_module(name: str) -> bool:
    if not all(part.isidentifier() for part in name.split(".")) or "." not in name:
        return False
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _refuse_other_protocol(tree: Path, ref: str) -> None:
    """Compare worker protocols without running anything of the tree; a tree without a harness uses ours."""
    control = tree / "harness" / "control.py"
    if not control.is_file():
        return
    for statement in ast.parse(control.read_bytes()).body:
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == ["PROTOCOL"]:
            theirs = ast.literal_eval(statement.value)
            if theirs != PROTOCOL:
                raise BadInput(f"{ref} speaks worker protocol {theirs}, we speak {PROTOCOL}; compare nearer commits")
            return
    raise BadInput(f"{ref} states no worker protocol in harness/control.py; compare nearer commits")


_KEYS: Mapping[str, Callable[[str], object]] = {
    "reader": str,
    "wait": str,
    "decode": str,
    "format": str,
    "wakeup": str,
    "gc": str,
    "ring_size": options.byte_count,
    "interval": lambda text: round(float(text) * 1e6),
}
_FIELDS = {"ring_size": "ring_size_bytes", "interval": "interval_ns"}


def _side(text: str, modes: Sequence[str], wishes: Wishes) -> Side:
    changes: dict[str, object] = {}
    mode = modes[0] if modes else None
    for pair in text.split(","):
        key, equals, value = (part.strip() for part in pair.partition("="))
        key = key.replace("-", "_")
        if key == "mode" and value:
            mode = value
        elif key in _KEYS and equals and value:
            changes[_FIELDS.get(key, key)] = _KEYS[key](value)
        else:
            keys = ", ".join(("mode", *_KEYS))
            raise BadInput(f"{pair!r} is no setting such as mode=epoll or reader=batch; the keys are {keys}")
    if mode is None:
        raise BadInput(f"{text!r} names no mode; write mode=NAME, or pass --mode for both")
    return Side(mode, dataclasses.replace(wishes, **changes))  # type: ignore[arg-type] # plan.py checks the values
