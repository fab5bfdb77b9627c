"""A worker runs where its tree says, imports what belongs there, and proves it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.consumer.imports import Import
from harness.control import Message, Worker
from harness.machine.checkout import checkout
from harness.trial import Tree
from results.errors import BadInput
from tests.repository import commit


@dataclass(frozen=True, kw_only=True)
class Wanted(Message):
    """What the probe is to import, and from where."""

    path: tuple[str, ...]
    installed: tuple[str, ...]
    names: tuple[str, ...]
    libraries: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Found(Message):
    """Where the probe was, and the files of what it imported by name."""

    cwd: str
    files: tuple[tuple[str, str], ...]
    imports: tuple[Import, ...]


# What harness.consumer does with its mode, in a folder from which a test starts it.
PROBE = f"""
import importlib, os, sys
from dataclasses import dataclass
from pathlib import Path
from harness.consumer.imports import Import, imported
from harness.control import Message, Parent
from harness.machine.user_path import search

{inspect.getsource(Wanted)}
{inspect.getsource(Found)}
parent = Parent(sys.argv[1:])
told = parent.receive(Wanted)
before = set(sys.modules)
search([Path(folder) for folder in told.path])
sys.path += told.installed
files = tuple((name, importlib.import_module(name).__file__) for name in told.names)
for library in told.libraries:
    import ctypes
    ctypes.CDLL(library)
parent.send(Found(cwd=os.getcwd(), files=files, imports=tuple(imported(before))))
"""


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    folder = tmp_path / "the probe"
    folder.mkdir()
    (folder / "probe.py").write_text(PROBE)
    return folder


def tree(probe: Path, folder: Path, *import_path: Path, elsewhere: Sequence[Path] = ()) -> Tree:
    return Tree(folder=folder, harness=probe, import_path=import_path, mode="", elsewhere=tuple(elsewhere))


def run(tree: Tree, *names: str, installed: Sequence[Path] = (), libraries: Sequence[str] = ()) -> dict[str, str]:
    """Import modules in a worker of a tree, have it proved, and return their files."""
    told = Wanted(
        path=tuple(map(str, tree.import_path)),
        installed=tuple(map(str, installed)),
        names=names,
        libraries=tuple(libraries),
    )
    with Worker("probe", told, name="consumer", tree=tree) as worker:
        said = worker.receive(20, Found)
    assert said.cwd == str(tree.folder)
    # The probe stands in for our own packages, which lie elsewhere.
    replace(tree, harness=checkout()).prove(one for one in said.imports if one.name != "probe")
    return dict(said.files)


def package(folder: Path, name: str, text: str = "") -> Path:
    (folder / name).mkdir(parents=True)
    path = folder / name / "__init__.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["results", "harness", "bpf", "bcc", "numpy", "rich", "json"])
def test_no_folder_of_a_tree_hides_ours_or_what_we_depend_on(tmp_path: Path, probe: Path, name: str) -> None:
    """A project may have a folder called results; its other modules are found."""
    hidden = package(tmp_path, name, "raise RuntimeError('theirs')")
    neighbour = package(tmp_path, "neighbour")
    found = run(tree(probe, tmp_path, tmp_path), name, "neighbour")
    assert found["neighbour"] == str(neighbour)
    assert found[name] != str(hidden)


def test_a_trees_own_modules_come_before_installed_ones(tmp_path: Path, probe: Path) -> None:
    """As an editable install would bring them in."""
    installed, ours = package(tmp_path / "installed", "mine").parent.parent, package(tmp_path / "tree/src", "mine")
    found = run(tree(probe, tmp_path / "tree", ours.parent.parent), "mine", installed=[installed])
    assert found["mine"] == str(ours)


def test_a_package_goes_before_a_mere_folder_of_its_name(tmp_path: Path, probe: Path) -> None:
    """As everywhere in Python: `docs` or `data` beside a mode are no modules while there is one."""
    (tmp_path / "tree" / "data").mkdir(parents=True)
    installed = package(tmp_path / "installed", "data")
    found = run(tree(probe, tmp_path / "tree", tmp_path / "tree"), "data", installed=[installed.parent.parent])
    assert found["data"] == str(installed)


@pytest.mark.parametrize("way", ["straight", "by a link"])
@pytest.mark.parametrize("module", ["mine", "mine.deep", "flat"])
def test_a_module_of_another_state_is_refused(tmp_path: Path, probe: Path, way: str, module: str) -> None:
    """What lies in the repository and did not come from the arm's own tree is named, and the folder to name instead."""
    repository, aside = tmp_path / "repository", tmp_path / "aside"
    aside.mkdir()
    package(repository / "src", "mine")
    for name in ("mine/deep.py", "flat.py"):
        (repository / "src" / name).touch()
    (tmp_path / "link").symlink_to(repository / "src")
    installed = repository / "src" if way == "straight" else tmp_path / "link"
    with pytest.raises(
        ValueError, match=rf"^{module.partition('.')[0]} comes from {repository}/src/.*=.*{repository}/src"
    ):
        run(tree(probe, aside, aside, elsewhere=[repository]), module, installed=[installed])


def test_a_shared_library_of_another_state_is_refused(tmp_path: Path, probe: Path) -> None:
    """ctypes opens what is no module."""
    repository, aside = tmp_path / "repository", tmp_path / "aside"
    repository.mkdir()
    aside.mkdir()
    (found,) = [
        Path(line.split()[-1]) for line in Path("/proc/self/maps").read_text().splitlines() if "libm.so" in line
    ][:1]
    library = repository / "libmine.so"
    library.write_bytes(found.read_bytes())
    with pytest.raises(BadInput, match=r"libmine\.so comes from .* by a path from the mode's own file"):
        run(tree(probe, aside, aside, elsewhere=[repository]), libraries=[str(library)])


def test_what_comes_from_neither_tree_is_gathered_with_its_version(tmp_path: Path, probe: Path) -> None:
    """Once a package, whoever wrote the version down; a virtual environment in the repository is outside too."""
    repository, aside = tmp_path / "repository", tmp_path / "aside"
    aside.mkdir()
    environment = repository / "env/lib"
    package(environment, "told", "__version__ = '1.5'").with_name("more.py").touch()
    (repository / "env/pyvenv.cfg").touch()
    package(environment, "listed")
    (environment / "listed-2.0.dist-info").mkdir()
    (environment / "listed-2.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: listed\nVersion: 2.0\n")
    package(environment, "silent")
    mine = tree(probe, aside, aside, elsewhere=[repository])
    run(mine, "told.more", "listed", "silent", installed=[environment])
    assert {name: one.version for name, one in mine.outside.items()} == {"told": "1.5", "listed": "2.0", "silent": None}


def test_what_no_commit_holds_is_named(tmp_path: Path, probe: Path) -> None:
    """A generated file that git ignores is in the working tree alone; so are modules that came later."""
    repository, aside = tmp_path / "repository", tmp_path / "aside"
    aside.mkdir()
    commit(repository, **{".gitignore": "_version.py\nbuilt/\n", "pkg/_version.py": "", "pkg/later.py": "", "data": ""})
    (repository / "built").mkdir()
    (repository / "built/fast.cpython-311.so").touch()
    mine = tree(probe, aside, aside, elsewhere=[repository])
    for failure, named in {
        "No module named 'pkg._version'": "has pkg/_version.py, which the baseline's commit has not: ",
        "cannot import name '_version' from partially initialized module 'pkg' (…)": "has pkg/_version.py, which",
        "cannot import name 'later' from 'pkg'": "has pkg/later.py, which",
        "No module named 'built.fast'": "has built/fast.cpython-311.so, which",
        f"No such file or directory: '{aside}/data'": "has data, which",
        "No module named 'nowhere'": "'nowhere'",
        "division by zero": "division by zero",
        f"No such file or directory: '{os.devnull}x'": "x'",
    }.items():
        assert named in mine.explain(failure), failure
        assert ("--against file:" in mine.explain(failure)) == ("which" in named)
