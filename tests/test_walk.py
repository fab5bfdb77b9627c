"""The instrument that holds one layout against another (tests/walk.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.walk import CHECKOUT, ROOMS, Call, Walk, read, statements, together, walk

MAIN = """
import subprocess, sys
from bpf import ring
from results import book

def start():
    ring.open()
    book.write(answer)
    for _ in range(3):
        ring.open()
    sorted([2, 1], key=ring.close)
    subprocess.run([sys.executable, "-P", "-m", "harness.child"], check=True)

def answer():
    pass

start()
"""
RING = """
def open(): pass
def size(): pass
def close(size): return size
MADE_WHEN_IMPORTED = size()
"""
BOOK = """
from bpf import ring

class Page:
    number = ring.size()

def write(answer):
    [ring.size() for _ in range(2)]
    answer()
"""


def made_up(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / f"{name}.py"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    return root


def test_a_walk_follows_calls_into_files_and_processes(tmp_path: Path) -> None:
    """A call is followed through libraries, comprehensions and children; neither imports nor second readings count."""
    child = "import bpf.ring"
    files = {"harness/__main__": MAIN, "harness/child": child, "bpf/ring": RING, "results/book": BOOK}
    packages = {f"{folder}/__init__": "" for folder in ("bpf", "harness", "results")}
    root = made_up(tmp_path / "a folder", files | packages)
    walks = walk(["harness"], root)
    assert walks["harness"].files == ["harness/__main__.py", "bpf/ring.py", "results/book.py"]
    assert walks["harness"].re_entered == ["bpf/ring.py", "bpf/ring.py"], "size of the book, then close"
    assert [caller.split(":")[1] for caller, _ in sorted(walks["harness"].crossings)].count("start") == 3
    assert walks["harness.child"].files == ["harness/child.py"]


def calls(*words: str) -> list[Call]:
    """Make calls of `caller via callee`, each function named by its file and a letter."""
    return [Call(*("" if part == "-" else part for part in word.split())) for word in words]


@pytest.mark.parametrize(
    ("way", "entered", "re_entered", "crossings"),
    [
        pytest.param(["- - a:1", "a:1 - b:1"], "ab", "", 1, id="a file is entered once"),
        pytest.param(
            ["- - a:1", "a:1 - b:1", "a:1 - b:1", "a:1 - b:2"], "ab", "b", 2, id="an unread function leads back"
        ),
        pytest.param(["- - a:1", "a:1 - a:2", "a:2 - a:3"], "a", "", 0, id="within a file"),
        pytest.param(["- - a:1", "a:1 - b:1", "b:1 a a:2"], "ab", "", 2, id="back to the file that called"),
        pytest.param(["- - a:1", "a:1 - b:1", "b:1 a c:1", "c:1 b a:2"], "abc", "a", 3, id="further back than that"),
        pytest.param(["- - a:1", "a:1 - b:1", "- - b:2"], "ab", "", 1, id="a thread comes from nowhere"),
    ],
)
def test_what_is_entered_and_re_entered(way: list[str], entered: str, re_entered: str, crossings: int) -> None:
    """A re-entry is a call to an unread function of a file left earlier; the caller's caller is no return."""
    found = read(calls(*way))
    assert ("".join(found.files), "".join(found.re_entered), len(found.crossings)) == (entered, re_entered, crossings)


def test_processes_share_the_files_of_a_way() -> None:
    """A file that two processes enter is one file; re-entries are added."""
    assert together([Walk(["a", "b"], ["a"]), Walk(["b", "c"], ["b"])]) == Walk(["a", "b", "c"], ["a", "b"])


def test_statements_are_counted_without_docstrings(tmp_path: Path) -> None:
    """A docstring is no statement; what begins with one underscore is listed, where it is and where it is imported."""
    text = '"""What it is."""\nfrom __future__ import annotations\nfrom bpf._ring import close, _size\nimport _thread\n'
    code = text + 'def f():\n    """Says."""\n    x = 1; "no docstring"\n    return x\n'
    rooms, flat = statements(made_up(tmp_path, {"bpf/_ring": "", "bpf/__init__": "", "modes/file": code}))
    assert {name: room.statements for name, room in rooms.items() if room.files} == {"bpf": 0, "modes": 7}
    assert rooms["bpf"].underscored == ["bpf/_ring.py"]
    assert rooms["modes"].private_imports == ["modes/file.py: bpf._ring.close", "modes/file.py: bpf._ring._size"]
    assert flat == {"bpf": 2, "modes": 1}


def test_the_checkout_is_counted() -> None:
    """`python -m tests.walk --statements` prints a row for each folder of the product, and their sums."""
    command = [sys.executable, "-m", "tests.walk", "--statements"]
    said = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines()[1 : len(ROOMS) + 2]]
    assert [row[0] for row in rows] == [*ROOMS, "all"]
    assert [sum(int(row[column]) for row in rows[:-1]) for column in range(1, 5)] == [*map(int, rows[-1][1:])]
