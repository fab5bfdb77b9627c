"""Whatever the environment says to Python and to git, a command ends as it should: 1 is a verdict, and 70 our fault."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

CHECKOUT = Path(__file__).resolve().parents[2]
# A start of bench costs as much as thousands of other inputs.
FEW = settings(max_examples=max(10, settings.default.max_examples // 100))

PYTHON = """
ASYNCIODEBUG BREAKPOINT CASEOK COERCECLOCALE DEBUG DEVMODE DONTWRITEBYTECODE DUMPREFS EXECUTABLE FAULTHANDLER HASHSEED
HOME INSPECT INTMAXSTRDIGITS IOENCODING MALLOC MALLOCSTATS NODEBUGRANGES NOUSERSITE OPTIMIZE PERFSUPPORT PLATLIBDIR
PROFILEIMPORTTIME PYCACHEPREFIX SAFEPATH STARTUP TRACEMALLOC UNBUFFERED USERBASE UTF8 VERBOSE WARNDEFAULTENCODING
WARNINGS _BASIC_REPL _COLORS _CPU_COUNT _FROZEN_MODULES _GIL _HISTORY _JIT _PERF_JIT_SUPPORT
"""
GIT = """
ALTERNATE_OBJECT_DIRECTORIES ATTR_SOURCE CEILING_DIRECTORIES COMMON_DIR CONFIG CONFIG_COUNT CONFIG_GLOBAL
CONFIG_PARAMETERS CONFIG_SYSTEM DEFAULT_HASH DIR EDITOR EXEC_PATH GLOB_PATHSPECS INDEX_FILE LITERAL_PATHSPECS NAMESPACE
NOGLOB_PATHSPECS OBJECT_DIRECTORY OPTIONAL_LOCKS PAGER REDIRECT_STDOUT TEMPLATE_DIR TRACE TRACE2 WORK_TREE
"""
VARIABLES = [f"PYTHON{name}" for name in PYTHON.split()] + [f"GIT_{name}" for name in GIT.split()]
VALUES = st.sampled_from(
    ["0", "1", "2", "x", "-1", "", "error", "/nonexistent", "/dev/null", "/", ".", "1" * 40, "\x1b[31m", "é"]
)
NAMES = st.sampled_from(
    [
        "harness",
        "bpf",
        "results",
        "modes",
        "traffic",
        "rich",
        "numpy",
        "bcc",
        "scapy",
        "json",
        "os",
        "site",
        "encodings",
    ]
)
SHAPES = st.sampled_from(["{}.py", "{}/__init__.py", "{}/x.txt", "{}.pth"])
ENVIRONMENTS = st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=8)
FOLDERS = st.sets(st.tuples(NAMES, SHAPES), max_size=4)


@pytest.fixture(scope="module")
def own() -> dict[str, str]:
    """This process's environment, without what is under test."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))}


def hostile(folder: Path, files: set[tuple[str, str]]) -> dict[str, str]:
    """Put namesakes of modules into a folder, and it on the path."""
    for name, shape in files:
        path = folder / shape.format(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('theirs')\n")
    return {"PYTHONPATH": f"{folder}::nowhere"} if files else {}


@pytest.fixture(scope="module")
def expected(own: dict[str, str]) -> str:
    """What the command prints in an environment that says nothing."""
    return subprocess.run([CHECKOUT / "bench", "modes"], capture_output=True, text=True, env=own, check=True).stdout


@FEW
@given(environment=ENVIRONMENTS, files=FOLDERS)
def test_no_environment_changes_what_a_command_says(
    own: dict[str, str], expected: str, environment: dict[str, str], files: set[tuple[str, str]]
) -> None:
    """`bench modes` imports every mode, and rich for its table."""
    with tempfile.TemporaryDirectory() as folder:
        hostile_path = hostile(Path(folder), files)
        ended = subprocess.run(
            [CHECKOUT / "bench", "modes"], capture_output=True, text=True, check=False, cwd=folder,
            env=own | environment | hostile_path, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, expected), ended.stderr
