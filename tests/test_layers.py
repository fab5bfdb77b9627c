"""The layers of docs/design.md: imports go downward only, and each outside library stays where it belongs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
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
FILES = [path for package in ALLOWED for path in sorted((CHECKOUT / package).rglob("*.py"))]


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides which layer it reaches"
            assert node.module is not None
            yield node.module


def imported_packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_names(path)}


def name_of(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_downward_only(path: Path) -> None:
    """A file imports from its own layer and those below it."""
    layer = path.relative_to(CHECKOUT).parts[0]
    names = set(imported_names(path)) - {"results.errors"}  # what bad input is, every layer may say
    assert not {name.split(".")[0] for name in names} & (set(ALLOWED) - ALLOWED[layer])


def test_bcc_is_imported_in_one_module() -> None:
    """All that bcc changes between its versions is met in bpf/program.py."""
    assert {name_of(path) for path in FILES if "bcc" in imported_packages(path)} <= {"bpf/program.py"}


def test_scapy_is_imported_by_traffic_only() -> None:
    """Frames are built in one layer; a consumer never pays for loading scapy."""
    importers = [path for path in FILES if "scapy" in imported_packages(path)]
    assert {path.relative_to(CHECKOUT).parts[0] for path in importers} <= {"traffic"}


def test_results_load_without_what_a_root_machine_has() -> None:
    """Reports are made on any machine: results load where bcc, scapy, pyroute2, psutil and our other layers do not."""
    modules = sorted(".".join(path.relative_to(CHECKOUT).with_suffix("").parts) for path in FILES)
    results = [name.removesuffix(".__init__") for name in modules if name.startswith("results")]
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
    script = "import logging, results.page.render; print(logging.getLogger('matplotlib').level, logging.root.handlers)"
    told = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert told.stdout == "0 []\n"
