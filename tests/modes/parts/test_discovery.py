"""Modes are found by name, file or module, and a wrong one is refused in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from modes import load_mode, mode_names, readers_of

HEADER = "from modes import Mode\n"


@pytest.mark.parametrize("name", mode_names())
def test_every_file_of_the_folder_is_a_mode(name: str) -> None:
    """Each can be loaded, says what it is for, and can be read in some way."""
    mode = load_mode(name)
    assert readers_of(mode)
    assert mode.waits


def test_takes_a_file(tmp_path: Path) -> None:
    """A file of the user's own, by its path."""
    path = tmp_path / "mine.py"
    path.write_text(HEADER + "class Mine(Mode):\n    def take(self, samples): pass\n")
    assert readers_of(load_mode(str(path))) == ("batch",)


def test_a_file_runs_once(tmp_path: Path) -> None:
    """A session asks for its mode many times: what the file does when it is imported happens once, until it changes."""
    path, ran = tmp_path / "mine.py", tmp_path / "ran"
    path.write_text(
        HEADER + f"open({str(ran)!r}, 'a').write('once ')\nclass Mine(Mode):\n    def take(self, samples): pass\n"
    )
    assert load_mode(str(path)) is load_mode(str(path))
    assert ran.read_text() == "once "
    path.write_text(path.read_text().replace("once '", "changed '"))
    load_mode(str(path))
    assert ran.read_text() == "once changed "


def test_takes_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that Python can import."""
    (tmp_path / "consumers_of_mine").mkdir()
    (tmp_path / "consumers_of_mine" / "slow.py").write_text(
        HEADER + "class Slow(Mode):\n    def on_record(self, ctx, data, size): return 0\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert readers_of(load_mode("consumers_of_mine.slow")) == ("callback",)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param("1 / 0", "ZeroDivisionError", id="raises when imported"),
        pytest.param("def (", "SyntaxError", id="is not Python"),
        pytest.param("import no_such_thing", "no_such_thing", id="imports what is not there"),
        pytest.param("import sys\nsys.exit(3)", "SystemExit", id="exits when imported"),
        pytest.param(HEADER, "has 0", id="defines no mode"),
        pytest.param(HEADER + "class A(Mode):\n    pass\n", "none of take", id="can be read in no way"),
        pytest.param(HEADER + "class A(Mode): take = 1\nclass B(A): take = 2\n", "has 2", id="defines two"),
    ],
)
def test_refuses_a_file_that_is_no_mode(tmp_path: Path, source: str, says: str) -> None:
    """Whatever a stranger's file does, the answer is one line with the reason."""
    path = tmp_path / "mine.py"
    path.write_text(source)
    with pytest.raises(ValueError, match=says) as refusal:
        load_mode(str(path))
    assert "\n" not in str(refusal.value)


def test_refuses_a_file_that_is_not_there() -> None:
    """A path with a typing error is named."""
    with pytest.raises(ValueError, match=r"no/such\.py does not exist"):
        load_mode("no/such.py")


def test_refuses_a_module_that_is_not_there() -> None:
    """So is a module."""
    with pytest.raises(ValueError, match=r"no\.such"):
        load_mode("no.such")
