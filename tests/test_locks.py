"""The locks: all that pyproject.toml asks for, by hash, from wherever a machine's own pip configuration says."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
RUN = PROJECT["project"]["dependencies"]
DEV = [*RUN, *PROJECT["dependency-groups"]["dev"]]
READERS = PROJECT["dependency-groups"]["readers"]
COMPILED = PROJECT["dependency-groups"]["compiled"]
SITE = PROJECT["dependency-groups"]["site"]
FLEET = PROJECT["dependency-groups"]["fleet"]
LOCKS = {
    "requirements.txt": RUN,
    "requirements-dev.txt": DEV,
    "requirements-readers.txt": READERS,
    "requirements-compiled.txt": COMPILED,
    "requirements-site.txt": SITE,
    "requirements-fleet.txt": FLEET,
}


def normal(requirement: str) -> str:
    """Spell a name as PEP 503 does, without version or extras."""
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def outside_packages(paths: Iterable[Path]) -> set[str]:
    """List what the files import that is neither Python's nor ours; bcc is the distribution's."""
    ours = {"bpf", "modes", "traffic", "harness", "results", "tests", "bcc", "_typeshed"}
    ours |= {path.stem for path in (CHECKOUT / "tests").rglob("*.py")}
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found.add(node.module.split(".")[0])
    return found - ours - sys.stdlib_module_names


def pins(lock: str) -> dict[str, set[str]]:
    """Read a lock: names and versions, of which there may be several, each for other Pythons."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (CHECKOUT / lock).read_text(), re.MULTILINE):
        found.setdefault(normal(name), set()).add(version)
    return found


# Run by another Python than the tests beside it.
READ_ALL = CHECKOUT / "tests/readers/read_all.py"
PROJECT_FILES = [
    path for room in ("bpf", "modes", "traffic", "harness", "results") for path in (CHECKOUT / room).rglob("*.py")
]


@pytest.mark.parametrize(
    ("paths", "asked_for"),
    [
        (PROJECT_FILES, RUN + COMPILED + FLEET),
        ({*(CHECKOUT / "tests").rglob("*.py")} - {READ_ALL}, DEV + COMPILED + FLEET),
        ([READ_ALL], READERS),
    ],
    ids=["project", "tests", "readers"],
)
def test_what_is_imported_is_asked_for(paths: Iterable[Path], asked_for: list[str]) -> None:
    """A package that happens to be on one machine is missing from the next."""
    distributions = importlib.metadata.packages_distributions()
    imported = {normal(name) for package in outside_packages(paths) for name in distributions.get(package, [package])}
    assert imported <= {normal(requirement) for requirement in asked_for}


@pytest.mark.parametrize(("lock", "wanted"), LOCKS.items())
def test_a_lock_holds_what_the_project_asks_for(lock: str, wanted: list[str]) -> None:
    """A dependency and its lock are one commit; the command is .ci/lock."""
    assert {normal(requirement) for requirement in wanted} <= set(pins(lock))


def test_tests_run_with_the_versions_that_users_get() -> None:
    """The development lock adds packages and changes none."""
    development = pins("requirements-dev.txt")
    assert {name: development.get(name) for name in pins("requirements.txt")} == pins("requirements.txt")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_no_place(lock: str) -> None:
    """Every pin carries a hash, and nothing names an index, a folder or a host."""
    text = (CHECKOUT / lock).read_text()
    entries = re.split(r"\n(?=\w)", text.split("\n", 2)[2])
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--(extra-)?index|--find-links|\bfile:", text)
