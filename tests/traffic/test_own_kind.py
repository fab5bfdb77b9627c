"""Traffic of the user's own: loaded from a file that only they could have written, its faults told with their lines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.mode_source import traffic_of
from results.errors import BadInput
from traffic.discovery import load_kind, own_files
from traffic.kind import Expected
from traffic.own_kind import KindRaised

CHECKOUT = Path(__file__).resolve().parents[2]
TAG = bytes.fromhex("0233445566aa")
BED = SimpleNamespace(tag=TAG)
FRAME = f"bytes(6) + bytes.fromhex('{TAG.hex()}') + bytes(40)"
HEAD = "from traffic.recipe import DropKind, Expected\n"


def kind(folder: Path, body: str = "", frames: str = f"[{FRAME}]", head: str = HEAD) -> Path:
    """Write a kind whose `frames` stand in line 6, and more of its body from line 7 on."""
    path = folder / "mine.py"
    path.write_text(
        f"{head}class Mine(DropKind):\n    summary = 'mine'\n    reasons = ('NO_SOCKET',)\n"
        f"    def frames(self, bed):\n        return {frames}\n{body}"
    )
    return path


def test_a_file_is_a_kind_by_its_path(tmp_path: Path) -> None:
    """It states what its class does, and is called as it was typed."""
    path = kind(tmp_path)
    mine = load_kind(str(path))
    assert (mine.name, mine.summary, mine.reasons, mine.senders) == (str(path), "mine", ("NO_SOCKET",), ("packet",))
    assert mine.expect(5, 2) == Expected(drops={"NO_SOCKET": 3, "CPU_BACKLOG": 2}, witness={})
    assert len(mine.frames(BED)) == 1


def test_plain_traffic_makes_no_drop(tmp_path: Path) -> None:
    """Without a reason, frames that arrive are none; one that was refused still is."""
    path = kind(tmp_path, "    reasons = ()\n    counters = ('Icmp.InMsgs',)\n")
    assert load_kind(str(path)).expect(5, 0) == Expected(drops={}, witness={"Icmp.InMsgs": 5})
    assert load_kind(str(path)).expect(5, 1) == Expected(drops={"CPU_BACKLOG": 1}, witness={"Icmp.InMsgs": 4})


def test_it_may_be_part_of_a_mix(tmp_path: Path) -> None:
    """By its weight, like any other; its file is among those that the session names."""
    path = kind(tmp_path)
    name = f"mix:{path}=3+netfilter=1"
    expected = load_kind(name).expect(400, 0)
    assert expected is not None
    assert expected.drops == {"NO_SOCKET": 300, "NETFILTER_DROP": 100}
    assert own_files(name) == [str(path)]
    (source,) = traffic_of([name, str(path), "netfilter"])
    assert (source.mode, len(source.sha256)) == (str(path), 64)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "import nowhere_at_all\n",
            r"fails to import: ModuleNotFoundError.*line 1 of .*mine\.py.*beside the traffic file",
        ),
        ("x = (\n", "fails to import: SyntaxError"),
        ("raise SystemExit(3)\n", r"fails to import: SystemExit: 3 \(line 1 of"),
        ("X = 1\n", "must define one class that derives from DropKind, and has 0"),
        (
            HEAD + "class A(DropKind):\n    frames = 1\nclass B(DropKind):\n    frames = 2\n",
            "must define one class that derives from DropKind, and has 2",
        ),
        (HEAD + "class Mine(DropKind):\n    summary = 'x'\n    reasons = ()\n", "it raised TypeError.*abstract"),
    ],
    ids=["a module that is missing", "no Python", "it ends the process", "no class", "two classes", "no frames"],
)
def test_a_file_that_is_no_kind_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """With its name and the line, as bad input."""
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(BadInput, match=says):
        load_kind(str(tmp_path / "mine.py"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("reasons = 'NO_SOCKET'", "reasons is 'NO_SOCKET'; it must be a tuple of names"),
        ("counters = (1,)", r"counters is \(1,\)"),
        ("senders = ('pigeon',)", "senders are among packet, xdp"),
        ("senders = ()", "senders are among packet, xdp"),
    ],
)
def test_what_a_class_states_is_checked(tmp_path: Path, line: str, says: str) -> None:
    """Before anything is set up."""
    with pytest.raises(BadInput, match=says):
        load_kind(str(kind(tmp_path, f"    {line}\n")))


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ("1 / 0", r"it raised ZeroDivisionError: division by zero \(mine\.py:6\)"),
        ("[]", r"frames returned \[\]"),
        ("'frame'", "frame 1 of 5 is of type str"),
        ("[b'short']", "frame 1 of 1 is 5 bytes: it has 14 to 1514 bytes"),
        (f"[{FRAME}, {FRAME} + bytes(1500)]", "frame 2 of 2 is 1552 bytes"),
        ("[bytes(60)]", "comes from 00:00:00:00:00:00 and not from the session's tag"),
    ],
)
def test_frames_that_cannot_be_sent_are_told(tmp_path: Path, frames: str, says: str) -> None:
    """Which of them, and why; what was raised with its line."""
    with pytest.raises(KindRaised, match=says):
        load_kind(str(kind(tmp_path, frames=frames))).frames(BED)


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("    def expect(self, sent, refused):\n        raise KeyError('x')\n", lambda mine: mine.expect(1, 0)),
        ("    def witness(self, bed):\n        raise KeyError('x')\n", lambda mine: mine.witness(BED)),
        ("    def unsupported(self):\n        raise KeyError('x')\n", lambda mine: mine.unsupported()),
        ("    def tag(self, bed):\n        raise KeyError('x')\n", lambda mine: mine.tag(BED)),
    ],
)
def test_what_it_raises_is_told_with_its_line(tmp_path: Path, body: str, call: object) -> None:
    """Whichever of its methods did."""
    with pytest.raises(KindRaised, match=r"it raised KeyError: 'x' \(mine\.py:8\)"):
        call(load_kind(str(kind(tmp_path, body))))  # type: ignore[operator]


def test_what_a_take_down_raises_is_told_too(tmp_path: Path) -> None:
    """What it left on `undo` is taken back as its own, when the kind is taken down."""
    body = "    def set_up(self, bed, undo):\n        undo.callback(lambda: 1 / 0)\n"
    with pytest.raises(KindRaised, match=r"ZeroDivisionError.*mine\.py:8"), ExitStack() as undo:
        load_kind(str(kind(tmp_path, body))).set_up(BED, undo)


def test_what_it_prints_is_no_output_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to stderr, at import too."""
    mine = load_kind(str(kind(tmp_path, frames=f"[print('made') or {FRAME}]", head=f"{HEAD}print('imported')\n")))
    mine.frames(BED)
    out, said = capsys.readouterr()
    assert (out, re.findall("imported|made", said)) == ("", ["imported", "made"])


def test_a_module_beside_it_is_imported(tmp_path: Path) -> None:
    """As with a mode file."""
    (tmp_path / "beside_the_kind.py").write_text("REASONS = ('NO_SOCKET',)\n")
    path = kind(tmp_path, "    reasons = REASONS\n", head=f"{HEAD}from beside_the_kind import REASONS\n")
    assert load_kind(str(path)).reasons == ("NO_SOCKET",)


@pytest.mark.parametrize(
    ("mode", "says"), [(0o666, "everybody may write it"), (0o664, "the group 65534 may write it")], ids=["all", "group"]
)
@pytest.mark.skipif(os.geteuid() != 0, reason="a group of others takes root to set")
def test_a_file_that_others_could_write_is_refused(tmp_path: Path, mode: int, says: str) -> None:
    """Before it is run, with the cure."""
    path = kind(tmp_path, head=f"{HEAD}raise SystemExit('it ran')\n")
    os.chown(path, 0, 65534)
    path.chmod(mode)
    with pytest.raises(BadInput, match=rf"traffic file .*mine\.py would run with your rights, but {says}; chmod"):
        load_kind(str(path))


def test_a_file_is_read_once_a_session(tmp_path: Path) -> None:
    """What the session names is what is sent, whatever becomes of the file meanwhile."""
    path = kind(tmp_path)
    before = traffic_of([str(path)])
    kind(tmp_path, frames="1 / 0")
    assert len(load_kind(str(path)).frames(BED)) == 1
    assert traffic_of([str(path)]) == before


def test_the_command_names_what_is_wrong(tmp_path: Path) -> None:
    """Status 2, one line, no traceback; without root too."""
    (tmp_path / "mine.py").write_text("1 / 0\n")
    ended = subprocess.run(
        [sys.executable, "-m", "harness", "traffic", str(tmp_path / "mine.py")],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    assert re.fullmatch(
        r"bench: traffic file .*fails to import: ZeroDivisionError: .* \(line 1 of .*\)\n", ended.stderr
    )
