"""Traffic of the user's own on the real kernel: the guide's examples, and what becomes of a trial when one raises."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from tests.kernel.bench import bench, bench_here, trials

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "writing-traffic.md"
SHORT = ("--pass", "timed", "--rate", "5000", "--duration", "0.2", "--trials", "1", "--json", "--quiet")


@pytest.fixture(params=["sizes", "asked"])
def example(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Write one of the guide's examples into a file, as it stands there."""
    of = dict(zip(("sizes", "asked"), re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL), strict=True))
    path = tmp_path / f"{request.param}.py"
    path.write_text(of[request.param])
    return path


def test_the_guides_examples_hold_what_they_promise(example: Path) -> None:
    """Every frame is accounted for, by the program and by the namespace's own counters."""
    ended = bench_here("traffic", "--verify", "--json", example)
    assert ended.returncode == 0, ended.stderr
    (found,) = trials(ended.stdout)
    assert (found["kind"], found["sent"], found["wrong"], found["conforms"]) == (str(example), 2000, [], True)
    assert found["counted"] == (2000 if example.stem == "sizes" else 0)
    assert found["witness"] == found["witness_expected"] != {}
    listed = bench_here("traffic", example)
    assert (listed.returncode, "1 of 1 kinds are supported here" in listed.stdout) == (0, True)


def test_the_guides_examples_are_offered(tmp_path: Path, example: Path) -> None:
    """A run balances to the event; its session names the file by content, and will not go on with another."""
    out = tmp_path / "out"
    ended = bench_here("run", "--mode", "null", "--traffic", example, *SHORT, "--out", out)
    assert ended.returncode == 0, ended.stderr
    (row,) = trials(ended.stdout)
    assert row["valid"], row["invalid_because"]
    assert row["traffic"] == str(example)
    assert 0 < row["sent"] <= 1000  # what a busy machine lets it send
    assert row["observed"] == row["consumed"] == (row["sent"] if example.stem == "sizes" else 0)
    assert list(row["witness"].values()) == [row["sent"]]
    session = json.loads(out.read_text().splitlines()[0])
    (named,) = session["traffic"]
    assert (named["mode"], named["sha256"]) == (str(example), hashlib.sha256(example.read_bytes()).hexdigest())
    assert bench_here("report", out).returncode == 0
    example.write_text(f"{example.read_text()}# changed\n")
    again = bench("run", "--mode", "null", "--traffic", example, *SHORT, "--out", out, "--resume")
    assert (again.returncode, f"traffic {example}" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            "    def frames(self, bed):\n        return [1 / 0]\n",
            "it raised ZeroDivisionError: division by zero (mine.py:5)",
        ),
        ("    def frames(self, bed):\n        return [bytes(60)]\n", "not from the session's tag"),
        (
            "    def frames(self, bed):\n        return [bytes(6) + bed.tag + bytes(50)]\n"
            "    def expect(self, sent, refused):\n        return 7\n",
            "expect returned 7; it must return an Expected, or None",
        ),
        (
            "    def frames(self, bed):\n        return [bytes(6) + bed.tag + bytes(50)]\n"
            "    def set_up(self, bed, undo):\n        bed.receiver.write_sysctl('net/no/such', 1)\n",
            "setting net/no/such in the testbed failed",
        ),
        (
            "    def frames(self, bed):\n        return [bytes(6) + bed.tag + bytes(50)]\n"
            "    def set_up(self, bed, undo):\n        undo.callback(open, '/no/such')\n",
            "it raised FileNotFoundError",
        ),
    ],
    ids=["frames raise", "no tag", "expect is none", "the machine cannot", "the take-down raises"],
)
def test_what_raises_costs_its_own_trials(tmp_path: Path, body: str, says: str) -> None:
    """They are invalid, with file and line, and the other kind's go on; what the machine cannot do ends the run."""
    path = tmp_path / "mine.py"
    head = "from traffic.recipe import DropKind\nclass Mine(DropKind):\n    reasons = ('NO_SOCKET',)\n"
    path.write_text(head + body)
    ended = bench_here(
        "run", "--mode", "null", "--traffic", f"{path},udp-closed-port", *SHORT, "--out", tmp_path / "out"
    )
    if "machine cannot" in os.environ.get("PYTEST_CURRENT_TEST", ""):
        assert (ended.returncode, says in ended.stderr) == (4, True)
        return
    assert ended.returncode == 5, ended.stderr
    by = {row["traffic"]: row for row in trials(ended.stdout)}
    (reason,) = by[str(path)]["invalid_because"]
    assert says in reason
    assert by["udp-closed-port"]["valid"], by["udp-closed-port"]["invalid_because"]
    verified = bench_here("traffic", "--verify", "--json", "--count", "1000", path)
    assert (verified.returncode, says in verified.stdout) == (5, True)


CHECK = (
    "check", "--a", "reader=batch", "--b", "reader=batch", "--metrics", "loss_ratio", "--blocks", "2", "--alpha", "0.3",
    "--rate", "5000", "--duration", "0.2", "--no-why",
)  # fmt: skip
CAPACITY = (  # of the smallest ring: the trials of a search last ten times as long as it takes to fill
    "capacity", "--quick", "--least", "3800", "--most", "4000", "--ring-size", "4K", "--no-curve", "--no-beyond",
    "--steal-limit", "1", "--foreign-limit", "1", "--run-delay-limit", "1",
)  # fmt: skip


@pytest.mark.parametrize("words", [CHECK, CAPACITY], ids=["check", "capacity"])
@pytest.mark.parametrize("example", ["asked"], indirect=True)
def test_plain_traffic_gives_nothing_to_judge(tmp_path: Path, example: Path, words: tuple[str, ...]) -> None:
    """Nothing is dropped, so that there is no limit and no loss: refused before anything runs."""
    ended = bench_here(*words, "--mode", "null", "--traffic", example, "--quiet", "--out", tmp_path / "out")
    assert (ended.returncode, "makes no drops" in ended.stderr) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize(("words", "statuses"), [(CHECK, {0, 1, 3}), (CAPACITY, {0})], ids=["check", "capacity"])
@pytest.mark.parametrize("example", ["sizes"], indirect=True)
def test_it_is_taken_where_a_kind_is(tmp_path: Path, example: Path, words: tuple[str, ...], statuses: set[int]) -> None:
    """By check and capacity as well, whose sessions name it too."""
    out = tmp_path / "out"
    ended = bench_here(*words, "--mode", "null", "--traffic", example, "--quiet", "--out", out)
    assert ended.returncode in statuses, ended.stderr
    assert [each["mode"] for each in json.loads(out.read_text().splitlines()[0])["traffic"]] == [str(example)]


def test_no_file_has_two_roles(example: Path) -> None:
    """What is offered is not what is written."""
    ended = bench_here("run", "--mode", "null", "--traffic", example, *SHORT, "--out", example)
    assert (ended.returncode, "is the same file as --traffic" in ended.stderr) == (2, True)
