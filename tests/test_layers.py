"""The order of the rooms (CONTRIBUTING.md): imports go downward, and each outside library stays where it belongs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "bpf": {"bpf"},
    "modes": {"modes", "bpf"},
    "traffic": {"traffic", "bpf"},
    "results": {"results"},
    "harness": {"harness", "modes", "traffic", "bpf", "results"},
}
# Of each room, who may import it besides itself; a room that is not here is open to its whole layer and those above.
DOORS = {
    "results.reports": {"harness.commands"},
    "harness.commands": {"harness.__main__"},
}
LISTED = ("modes", "traffic/kinds", "traffic/situations", "harness/commands", "harness/doctor")
FILES = [path for package in ALLOWED for path in sorted((CHECKOUT / package).rglob("*.py"))]


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path) for path in FILES}


@cache
def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    """List a file's imports, but those for the type checker alone."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for each in ast.walk(node)
    }
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return [node for node in found if id(node) not in skipped]


def imported_names(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports; of what is imported from a package, the modules themselves."""
    for node in imports(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            assert node.level == 0, f"{path}: a relative import hides which layer it reaches"
            assert node.module is not None
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def imported_packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_names(path)}


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def test_imports_go_downward_only() -> None:
    """A file imports from its own layer and those below it; what bad input is, every layer may say."""
    upward = [
        (dotted(path), name)
        for path in FILES
        for name in imported_names(path)
        if (layer := name.split(".")[0]) in ALLOWED
        and layer not in ALLOWED[path.relative_to(CHECKOUT).parts[0]]
        and name != "results.errors"
    ]
    assert upward == []


@pytest.mark.parametrize("room", DOORS)
def test_a_room_is_entered_by_its_door(room: str) -> None:
    """Only commands make reports, and nothing but the command line imports a command."""
    entered = {
        dotted(path)
        for path in FILES
        if not within(dotted(path), room)
        and not any(within(dotted(path), door) for door in DOORS[room])
        and any(within(name, room) for name in imported_names(path))
    }
    assert entered == set()


def test_no_import_goes_round_in_a_circle() -> None:
    """Each file can be read after those that it imports."""
    order = TopologicalSorter({dotted(path): set(imported_names(path)) & MODULES - {dotted(path)} for path in FILES})
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_what_begins_with_an_underscore_stays_in_its_file() -> None:
    """A name that other files need is a name for everyone; no file hides behind an underscore."""
    assert {path.stem for path in FILES if path.stem.startswith("_")} <= {"__init__", "__main__"}
    hidden = [
        (dotted(path), alias.name)
        for path in FILES
        for node in imports(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ALLOWED
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert hidden == []


@pytest.mark.parametrize("folder", LISTED)
def test_a_listed_folder_holds_only_what_is_listed(folder: str) -> None:
    """What the listed files share is in parts/ or in the room around them."""
    packages = {path.parent.name for path in (CHECKOUT / folder).glob("*/*.py")}
    assert packages <= {"parts"}


def test_argparse_stays_in_the_commands() -> None:
    """Below them nobody sees what was typed."""
    importers = {dotted(path) for path in FILES if "argparse" in imported_packages(path)}
    outside = {module for module in importers if not within(module, "harness.commands")}
    assert outside <= {"harness.__main__"}


def test_bcc_is_imported_in_one_module() -> None:
    """All that bcc changes between its versions is met in bpf/program.py."""
    assert {dotted(path) for path in FILES if "bcc" in imported_packages(path)} <= {"bpf.program"}


def test_scapy_is_imported_by_traffic_only() -> None:
    """Frames are built in one layer; a consumer never pays for loading scapy."""
    importers = [path for path in FILES if "scapy" in imported_packages(path)]
    assert {path.relative_to(CHECKOUT).parts[0] for path in importers} <= {"traffic"}


def test_results_load_without_what_a_root_machine_has() -> None:
    """Reports are made on any machine: results load where bcc, scapy, pyroute2, psutil and our other layers do not."""
    results = sorted(name for name in MODULES if name.startswith("results"))
    code = (
        "import sys\n"
        "for name in ('bcc', 'scapy', 'pyroute2', 'psutil', 'bpf', 'modes', 'traffic', 'harness'):\n"
        "    sys.modules[name] = None\n"
        f"for name in {results}:\n"
        "    __import__(name)\n"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr


def test_a_page_module_configures_nothing_when_it_is_imported() -> None:
    """Whoever uses it as a library keeps their own logging; the command line says what it wants to hear."""
    script = (
        "import logging, results.reports.forms.page.page\n"
        "print(logging.getLogger('matplotlib').level, logging.root.handlers)"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert told.stdout == "0 []\n"
