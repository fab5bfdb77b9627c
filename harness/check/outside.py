"""What the consumers of a check imported that belongs to neither tree, and so cannot be what the check compares."""

from collections.abc import Iterator
from pathlib import Path

from harness.check.arms import Arms
from harness.consumer.imports import Import
from harness.trial import Tree


def said_of(arms: Arms) -> list[str]:
    """Say once what both arms imported from outside, and each module that is another one in each of them."""
    said: dict[str, None] = {}
    for a, b in arms.pairs.values():
        if a.tree is not None and b.tree is not None:
            said |= dict.fromkeys(_said_of(a.tree, b.tree))
    return list(said)


def _said_of(a: Tree, b: Tree) -> Iterator[str]:
    shared = [one for name, one in a.outside.items() if b.outside.get(name) == one]
    if shared:
        yield f"both arms import from outside their trees: {', '.join(one.words for one in shared)}"
    for one in shared:
        if twin := _twin(one, b.folder):
            yield f"both arms import an installed {one.name}: what changes in the repository's {twin} does not count"
    for name in sorted({*a.outside, *b.outside} - {one.name for one in shared}):
        words = [tree.outside[name].words if name in tree.outside else f"no {name} from outside" for tree in (a, b)]
        yield f"the arms differ outside their trees: A imports {words[0]}, B {words[1]}"


def _twin(one: Import, folder: Path) -> str | None:
    """Find what a repository holds under the name of a module that came from elsewhere."""
    places = (f"{place}{one.name}{ending}" for place in ("", "src/", "lib/") for ending in ("/__init__.py", ".py"))
    return next((place for place in places if (folder / place).is_file()), None)
