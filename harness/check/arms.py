"""Which two things a check compares: a git ref, another mode or a stored result, and the candidate; or two settings."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.check.trees import LaidOut, is_module, lay_out_for, repository_of, trees
from harness.consumer.traits import traits_of
from harness.mode_source import program_source, source_of
from harness.paths import split_words
from harness.trial import Tree
from harness.wishes import Wishes, read_interval
from modes import mode_names
from results import units
from results.check.blocks import ARMS, Arm
from results.check.plan import Check
from results.errors import BadInput
from results.session import ModeSource


@dataclass(frozen=True, slots=True)
class Side:
    """One arm of one mode: the mode's name in its settings, the wishes for them, and the tree that it runs from."""

    mode: str
    wishes: Wishes
    tree: Tree | None = None


@dataclass(frozen=True, slots=True)
class Arms:
    """Both arms, by the name under which each pair is judged; `words_a` and `words_b` say in words what they are.

    `lacks` says what a baseline that was laid out does not have, `commit` which commit it is.
    """

    words_a: str
    words_b: str
    pairs: Mapping[str, tuple[Side, Side]] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    commit: str | None = None


def against(target: str, modes: Sequence[str], wishes: Wishes, folder: Path) -> Arms:
    """Compare modes with their state at a git ref, or one mode with another file or module.

    `folder` is where a commit is laid out. Raises BadInput for a target that fits nothing, or both.
    """
    kind, _, name = target.partition(":")
    if kind not in ("git", "file") or not name:
        kind, name = _kind_of(target, modes, wishes.program), target
    if kind == "file":
        return _against_mode(name, modes, wishes)
    return _against_ref(name, modes, wishes, folder)


def two_settings(a: str, b: str, modes: Sequence[str], wishes: Wishes) -> Arms:
    """Compare two settings, each `key=value` pairs over the common options."""
    sides = [_side(text, modes, wishes) for text in (a, b)]
    return Arms(a, b, {sides[1].mode: (sides[0], sides[1])})


def alone(modes: Sequence[str], wishes: Wishes, words_a: str, words_b: str) -> Arms:
    """Compare each mode with itself: A against A, or against its stored trials."""
    return Arms(words_a, words_b, {mode: (Side(mode, wishes), Side(mode, wishes)) for mode in modes})


def planned(check: Check, commit: str | None, folder: Path) -> Arms:
    """Set up the arms of a check that was planned elsewhere: `commit` is arm A of a check against a ref.

    `folder` is where it is laid out. Raises BadInput for one that cannot be.
    """
    modes = list(dict.fromkeys(one.mode for one in check.comparisons))
    program = check.comparisons[0].b.program
    laid = {} if commit is None else lay_out_for(modes, commit, folder, program)
    pairs = {}
    for one in check.comparisons:
        a, b = Side(one.a.mode, Wishes(program=one.a.program)), Side(one.b.mode, Wishes(program=one.b.program))
        if commit is not None:
            tree_a, tree_b = trees(one.mode, laid[one.mode], list(laid.values()), commit, program)
            a, b = dataclasses.replace(a, tree=tree_a), dataclasses.replace(b, tree=tree_b)
        pairs[one.mode] = a, b
    return Arms(check.arm_a, check.arm_b, pairs, _lacks(laid))


def sources_in(arms: Arms, stored: Sequence[ModeSource] | None = None) -> tuple[ModeSource, ...]:
    """Describe the user's own modes as each arm runs them; `stored` are those of a baseline that does not run."""
    found = [dataclasses.replace(source, arm="A") for source in stored or () if source.arm != "A"]
    for pair in arms.pairs.values():
        for arm, side in zip(ARMS, pair, strict=True):
            if arm == "B" or stored is None:
                found += source_of(side.mode, side.tree, arm)
                found += program_source(side.wishes.program, side.tree, arm)
    return tuple(found)


def trees_in(arms: Arms) -> Mapping[tuple[str, Arm], Tree | None]:
    """Say, by mode and arm, where consumers come from."""
    return {(mode, arm): side.tree for mode, pair in arms.pairs.items() for arm, side in zip(ARMS, pair, strict=True)}


def _lacks(laid: Mapping[str, LaidOut]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for one in laid.values() for word in one.lacks))


def _kind_of(target: str, modes: Sequence[str], program: str | None) -> str:
    is_mode = target in mode_names() or Path(target).is_file() or is_module(target)
    repository = repository_of(modes[0], program)
    is_ref = repository is not None and repository.commit(target) is not None
    if is_mode and is_ref:
        raise BadInput(f"'{target}' is both a git ref and a mode; write git:{target} or file:{target}")
    if not is_mode and not is_ref:
        where = f"({repository.why_not(target)})" if repository else f"(and {modes[0]} is in no git repository)"
        raise BadInput(f"--against '{target}' is neither a git ref {where} nor a mode, file or module")
    return "git" if is_ref else "file"


def _against_mode(name: str, modes: Sequence[str], wishes: Wishes) -> Arms:
    if len(modes) != 1:
        raise BadInput(f"--against {name} compares one mode with another; --mode names {len(modes)}")
    traits_of(name)
    return Arms(f"mode {name}", f"mode {modes[0]}", {modes[0]: (Side(name, wishes), Side(modes[0], wishes))})


def _against_ref(ref: str, modes: Sequence[str], wishes: Wishes, folder: Path) -> Arms:
    laid = lay_out_for(modes, ref, folder, wishes.program)
    pairs: dict[str, tuple[Side, Side]] = {}
    for mode in modes:
        a, b = trees(mode, laid[mode], list(laid.values()), ref, wishes.program)
        pairs[mode] = (Side(mode, wishes, a), Side(mode, wishes, b))
    first = laid[modes[0]]
    now = first.repository.commit("HEAD") or "no commit"
    changed = " with changes" if first.repository.changed else ""
    return Arms(
        f"git {ref} ({first.commit[:12]})",
        f"the working tree ({now[:12]}{changed})",
        pairs,
        _lacks(laid),
        first.commit,
    )


_KEYS: Mapping[str, Callable[[str], object]] = {
    "program": str,
    "channel": str,
    "when_full": str,
    "reader": str,
    "wait": str,
    "decode": str,
    "format": str,
    "wakeup": str,
    "object": lambda text: (text,),
    "window": units.read_whole,
    "gc": lambda text: (text,),
    "ring_size": units.read_size,
    "interval": read_interval,
}
_FIELDS = {
    "ring_size": "ring_size_bytes",
    "interval": "interval_ns",
    "object": "object_kinds",
    "window": "window_events",
}


def _side(text: str, modes: Sequence[str], wishes: Wishes) -> Side:
    changes: dict[str, object] = {}
    mode, seen = modes[0] if modes else None, set[str]()
    for pair in split_words(text):
        key, equals, value = (part.strip() for part in pair.partition("="))
        key = key.replace("-", "_")
        if key in seen:
            raise BadInput(f"'{text}' says twice what {key} is")
        seen.add(key)
        if key == "mode" and value:
            mode = value
        elif key in _KEYS and equals and value:
            try:
                changes[_FIELDS.get(key, key)] = _KEYS[key](value)
            except ValueError as error:
                raise BadInput(f"'{pair}': {error}") from error
        else:
            keys = ", ".join(("mode", *_KEYS))
            raise BadInput(f"'{pair}' is no setting such as mode=epoll or reader=batch; the keys are {keys}")
    if mode is None:
        raise BadInput(f"'{text}' names no mode; write mode=NAME, or pass --mode for both")
    return Side(mode, dataclasses.replace(wishes, **changes))  # type: ignore[arg-type] # plan.py checks the values
