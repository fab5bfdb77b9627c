"""`bench check` and `bench certify` on a real kernel: short drain trials, and differences that no noise hides."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.bench import CHECKOUT, PATIENCE, bench_here, command, start, surroundings

# Five blocks are the fewest that can fail with one metric and one look. CPU time, for a neighbour's load must not
# decide a test; the differences are of many times.
METRIC = "drain_cpu_ns_per_event"
DRAINED = ("--metrics", METRIC, "--drain", "50000", "--quiet")
SHORT = (*DRAINED, "--blocks", "5")
# Where what a verdict rests on is not what is tested, a large alpha lets two blocks fail.
TWO_BLOCKS = ("--alpha", "0.3", "--blocks", "2")
GATE = 2 * 2

FAST = '''"""A small consumer: counts."""

from modes import Mode


class Consumer(Mode):
    def take(self, samples):
        self.consumed += len(samples)
'''
SLOW = FAST.replace(
    "        self.consumed", "        sum(pid for pid in samples['pid'].tolist() * 10)\n        self.consumed"
)


# git takes a checkout of the user behind sudo for root's own as long as it sees these.
SUDO = {name: value for name, value in os.environ.items() if name.startswith("SUDO_")}


@pytest.fixture
def as_root_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be root without a user behind it: `check` runs git as that one, who may not enter root's temporary folders."""
    for name in SUDO:
        monkeypatch.delenv(name)


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, as_root_itself: None) -> Path:  # noqa: ARG001 - a fixture for its effect
    """A repository that holds one consumer, fast in v1 and slow in v2."""
    top = tmp_path / "project"
    top.mkdir()
    git(top, "init", "-q")
    for text, tag in ((FAST, "v1"), (SLOW, "v2")):
        (top / "consumer.py").write_text(text)
        git(top, "add", ".")
        git(top, "commit", "-qm", tag)
        git(top, "tag", tag)
    return top


def check(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run `bench check` in a folder, its result file beside it."""
    return subprocess.run(
        command("check", *words, "--out", folder.parent / "results.jsonl"),
        capture_output=True, text=True, timeout=180 * PATIENCE, env=surroundings(), check=False, cwd=folder,
    )  # fmt: skip


def trials(path: Path) -> list[dict[str, Any]]:
    """Read the trials of a result file that may be growing."""
    rows = [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [row for row in rows if row["type"] == "trial"]


def test_a_slower_commit_is_found_and_the_summary_names_it(repository: Path) -> None:
    """Exit 1; the Markdown has mode, metric, ratio and interval, and the line that takes the time; verify agrees."""
    summary, whole = repository.parent / "summary.md", repository.parent / "why.md"
    words = ("--markdown", summary, "--why", whole)
    ended = check(repository, "--mode", "consumer.py", "--against", "v1", *DRAINED, *TWO_BLOCKS, *words)
    assert ended.returncode == 1, ended.stderr
    (row,) = [line for line in summary.read_text().splitlines() if f"| `{METRIC}` |" in line]
    assert "| `consumer.py` |" in row
    assert "**REGRESSED**" in row
    ratio, low, high = map(float, re.findall(r"[\d.]+", row.split("|")[4]))
    assert 1.1 < low <= ratio <= high
    slow = SLOW.splitlines()
    (place,) = [number for number, line in enumerate(slow, start=1) if "tolist" in line]
    first = next(line for line in summary.read_text().splitlines() if line.startswith("| `consumer.py:"))
    assert re.match(rf"\| `consumer.py:{place} (take|<genexpr>)` \| – \|", first)
    assert f"`{slow[place - 1].strip()}`" in first
    again = repository.parent / "again.md"
    assert bench_here("verify", repository.parent / "results.jsonl", "--why", again).returncode == 1
    assert again.read_text() == whole.read_text()


@pytest.mark.slow
def test_the_same_commit_twice_is_never_regressed(repository: Path) -> None:
    """The working tree against its own commit: OK or INCONCLUSIVE; orders are the coin's, processes fresh."""
    ended = check(repository, "--mode", "consumer.py", "--against", "HEAD", *SHORT, "--delta", f"{METRIC}=50%")
    assert ended.returncode in (0, 3), ended.stdout + ended.stderr
    rows = trials(repository.parent / "results.jsonl")
    orders = {"".join(row["arm"] for row in rows if row["block"] == block) for block in {row["block"] for row in rows}}
    assert orders <= {"AB", "BA"}


@pytest.mark.slow
def test_both_arms_get_the_same_traffic(tmp_path: Path) -> None:
    """Load trials of a block: the same load, kind and burst, and as many drops sent."""
    ended = bench_here(
        "check", "--a", "mode=null", "--b", "mode=busy", "--metrics", "cpu_ns_per_event", *TWO_BLOCKS,
        "--rate", "5000", "--duration", "0.1", "--quiet", "--out", tmp_path / "r.jsonl",
    )  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr  # busy never sleeps
    for arm in "AB":
        judged = [row for row in trials(tmp_path / "r.jsonl") if row["arm"] == arm and row["pass"] != "sampled"]
        sent = [row["sent"] for row in judged if row["limited_by"] is None]
        assert min(sent) >= 0.9 * 500  # a generator that was held up for longer has its block set aside
        assert max(sent) == 500


@pytest.mark.slow
@pytest.mark.usefixtures("as_root_itself")
def test_one_more_allocation_an_event_is_found_in_the_fewest_blocks(tmp_path: Path) -> None:
    """The count tier: five blocks, no noise, REGRESSED with the same ratio in each."""
    (tmp_path / "more.py").write_text(
        FAST.replace("self.consumed +=", "[object() for _ in samples]\n        self.consumed +=")
    )
    (tmp_path / "fast.py").write_text(FAST)
    ended = bench_here(
        "check", "--mode", tmp_path / "more.py", "--against", tmp_path / "fast.py", "--json", "--quiet",
        "--metrics", "allocations_per_event", "--blocks", "5", "--drain", "5000", "--out", tmp_path / "r.jsonl",
    )  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr
    (judgement,) = json.loads(ended.stdout)["judgements"]
    assert judgement["median_b"] - judgement["median_a"] >= 1
    assert judgement["blocks"] == 5


@pytest.mark.slow
def test_a_certification_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    """Finished gates are kept, the one in progress is run anew, and status 130 says that it was interrupted."""
    out = tmp_path / "gates.jsonl"
    words = (
        "certify",
        "--mode",
        "null",
        "--gates",
        "2",
        "--slowed",
        "0",
        *DRAINED,
        *TWO_BLOCKS,
        "--seed",
        "5",
        "--out",
        out,
    )
    interrupted = start(*words)
    wait_for(lambda: out.exists() and len(trials(out)) > GATE)
    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate(timeout=30 * PATIENCE)
    assert interrupted.returncode == 130
    kept = len(trials(out))
    ended = bench_here(*words, "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["gates"] == 2
    assert len(trials(out)) == kept + GATE  # the second gate once more, the first not
    first, cut, anew = (
        row["seed"] for row in map(json.loads, out.read_text().splitlines()) if row["type"] == "session"
    )
    assert first != cut == anew  # a coin of its own for each gate, which the seed decides


@pytest.mark.slow
def test_a_stored_result_of_this_machine_serves_as_baseline(tmp_path: Path) -> None:
    """Labelled weaker; from another machine it is refused with the difference named, torn it is refused too."""
    before = tmp_path / "before.jsonl"
    bench_here("run", "--mode", "null", "--drain", "50000", "--trials", "4", "--quiet", "--out", before)
    words = ("check", "--mode", "null", "--baseline", before, *DRAINED, *TWO_BLOCKS, "--out", tmp_path / "after.jsonl")
    ended = bench_here(*words)
    assert ended.returncode in (0, 1, 3), ended.stderr
    assert "weaker" in ended.stdout
    assert bench_here("verify", tmp_path / "after.jsonl").returncode == ended.returncode

    text = before.read_text()
    before.write_text(text.replace('"kernel":"', '"kernel":"other-'))
    refused = bench_here(*words)
    assert refused.returncode == 2
    assert "another machine: kernel 'other-" in refused.stderr

    before.write_text(text[:-20])
    refused = bench_here(*words)
    assert refused.returncode == 2
    assert "cannot be a baseline" in refused.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--mode", "null", "--against", "busy", "--blocks", "4"), "can never fail"),
        (("--mode", "null"), "name one baseline"),
        (("--mode", "null", "--against", "busy", "--baseline", "x"), "name one baseline"),
        (("--a", "mode=null"), "go together"),
        (("--against", "busy"), "--mode names the candidate"),
        (("--mode", "null", "--against", "bussy"), "neither a git ref"),
        (("--mode", "null", "--against", "busy", "--metrics", "speed"), "can be gated"),
        (("--mode", "null", "--baseline", "/etc/passwd"), "no result file"),
        (("--mode", "null", "--baseline", "x", "--budget", "60s"), "pass --blocks"),
        (("--mode", "null", "--against", "busy", "--budget", "0s"), "above 0 s"),
    ],
)
def test_nonsense_is_refused_before_anything_runs(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Status 2, one line, and no result file."""
    out = tmp_path / "r.jsonl"
    ended = bench_here("check", *words, "--out", out)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("as_root_itself")
def test_a_mode_that_raises_ends_the_check(tmp_path: Path) -> None:
    """Status 5 and what it raised, after a bounded number of blocks; nothing is averaged."""
    (tmp_path / "broken.py").write_text(
        FAST.replace("self.consumed +=", "raise RuntimeError('boom')\n        self.x =")
    )
    ended = bench_here(
        "check", "--mode", tmp_path / "broken.py", "--against", "null", *SHORT, "--out", tmp_path / "r.jsonl"
    )
    assert ended.returncode == 5
    assert "boom" in ended.stderr
    assert "of B" in ended.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("as_root_itself")
def test_a_ref_of_bench_itself_runs_its_own_modes(tmp_path: Path) -> None:
    """A built-in mode against an earlier commit: the consumer processes of arm A come from that commit."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--no-local", CHECKOUT, clone], check=True, env=os.environ | SUDO)
    mode = clone / "modes" / "null.py"
    slow = mode.read_text().replace("self.consumed +=", "sum(samples['pid'].tolist() * 30)\n        self.consumed +=")
    assert slow != mode.read_text()
    mode.write_text(slow)
    environment = {**surroundings(), "PYTHONPATH": str(clone)}
    ended = subprocess.run(
        command(
            "check", "--mode", "null", "--against", "HEAD", *DRAINED, *TWO_BLOCKS, "--no-why",
            "--out", tmp_path / "r.jsonl",
        ),
        capture_output=True, text=True, timeout=180 * PATIENCE, env=environment, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "with changes" in ended.stdout


def wait_for(condition: Any, timeout: float = 120) -> None:
    end = time.monotonic() + timeout * PATIENCE
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
