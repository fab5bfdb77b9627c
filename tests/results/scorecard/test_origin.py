"""What is no repetition stands in rows of its own: another machine, start, version or content of the mode."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.__main__ import main
from results.file import ResultWriter
from results.scorecard.report import load
from results.session import ModeSource
from results.trial import Trial
from tests.results import made_up

OWN = "./mine.py"


def written(path: Path, trials: list[Trial], **session: Any) -> Path:
    with ResultWriter(path) as writer:
        writer.session(made_up.session(**session))
        for trial in trials:
            writer.trial(replace(trial, session=session["id"]))
    return path


def source(content: str, commit: str | None = None, *, dirty: bool = False) -> tuple[ModeSource, ...]:
    return (ModeSource(mode=OWN, sha256=content * 64, commit=commit, dirty=dirty),)


def two(tmp_path: Path, first: dict[str, Any], second: dict[str, Any]) -> list[Path]:
    """Write two sessions of the same settings, three trials each of the user's mode and of epoll."""
    trials = made_up.run(modes=(OWN, "epoll"))
    return [
        written(tmp_path / name, trials, id=name, started_at=f"2026-11-22T1{place}:00:00Z", **facts)
        for place, (name, facts) in enumerate((("one", first), ("two", second)))
    ]


@pytest.mark.parametrize(
    ("here", "there", "names"),
    [
        ({}, {"kernel": "6.19.0"}, ["kernel 6.18.0", "kernel 6.19.0"]),
        ({}, {"cpu_model": "Other CPU", "kernel": "6.19.0"}, ["Example CPU 9000", "Other CPU"]),
        ({}, {"python": "3.13.1"}, ["python 3.11.2", "python 3.13.1"]),
        ({}, {"bcc": "0.31.0"}, ["bcc 0.26.0", "bcc 0.31.0"]),
        ({}, {"commit": "beef"}, ["commit 0c8a302", "commit beef"]),
        ({"boot": "11111111-aa"}, {"boot": "22222222-aa"}, ["boot 11111111", "boot 22222222"]),
        ({}, {"boot": "22222222-aa"}, ["boot 22222222", "boot not recorded"]),
    ],
    ids=["kernel", "machine", "python", "bcc", "commit", "boot", "an older file"],
)
def test_two_machines_are_two_rows(
    tmp_path: Path, here: dict[str, str], there: dict[str, str], names: list[str]
) -> None:
    """Each with its own trials, named by as little as tells them apart."""
    files = two(tmp_path, {"host": {**made_up.HOST, **here}}, {"host": {**made_up.HOST, **there}})
    rows = [row for row in load(files).rows if row.setting.mode == "epoll"]
    assert sorted(row.label for row in rows) == [f"epoll [{name}]" for name in names]
    assert [row.repeated for row in rows] == [3, 3]
    assert all(len({trial.session for trial in row.trials}) == 1 for row in rows)


CHANGED = (source("a", "1" * 40, dirty=True), source("b", "1" * 40, dirty=True))


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        (source("a", "1" * 40), source("b", "2" * 40), ["at 111111111111", "at 222222222222"]),
        (source("a", "1" * 40), source("b", "1" * 40, dirty=True), ["at 111111111111-dirty", "at 111111111111"]),
        (*CHANGED, ["content aaaaaaaa", "content bbbbbbbb"]),
        (source("a", "1" * 40), source("b"), ["content aaaaaaaa", "content bbbbbbbb"]),
        (source("a"), source("b"), ["content aaaaaaaa", "content bbbbbbbb"]),
        (source("a"), (), ["content aaaaaaaa", "content not recorded"]),
    ],
    ids=["commits", "changed since", "changed twice", "one without a commit", "no repository", "an older file"],
)
def test_two_contents_of_a_mode_file_are_two_rows(
    tmp_path: Path, one: tuple[ModeSource, ...], other: tuple[ModeSource, ...], names: list[str]
) -> None:
    """The mode whose file changed has two rows; the one beside it, which did not, has one of six trials."""
    report = load(two(tmp_path, {"modes": one}, {"modes": other}))
    assert sorted(row.label for row in report.rows) == [*(f"{OWN} [{name}]" for name in names), "epoll"]
    assert {row.label: row.repeated for row in report.rows}["epoll"] == 6


def test_the_same_content_at_another_commit_is_the_same_mode(tmp_path: Path) -> None:
    """What else changed in its repository does not make other trials of it."""
    files = two(tmp_path, {"modes": source("a", "1" * 40)}, {"modes": source("a", "2" * 40)})
    assert {row.label: row.repeated for row in load(files).rows} == {"epoll": 6, OWN: 6}


def test_sessions_whose_lines_are_lost_are_not_put_together(tmp_path: Path) -> None:
    """Nothing says that they ran on one machine."""
    files = two(tmp_path, {}, {})
    for path in files:
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    assert sorted(row.label for row in load(files).rows if row.setting.mode == "epoll") == [
        "epoll [session one]",
        "epoll [session two]",
    ]


def test_compare_asks_which_is_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of two contents of one mode has no single number for it; what differs and the cure are named."""
    one, other = two(tmp_path, {"modes": source("a", "1" * 40)}, {"modes": source("b", "2" * 40)})
    both = tmp_path / "both"
    both.write_bytes(one.read_bytes() + other.read_bytes())
    assert main(["compare", str(both), str(one)]) == 2
    said = capsys.readouterr().err
    assert "which are no repetitions of each other" in said
    assert f"{OWN} [at 111111111111]" in said
    assert f"{OWN} [at 222222222222]" in said
    assert "grep SESSION" in said
    assert main(["compare", str(one), str(other), "--markdown"]) == 0
    assert "mode ./mine.py: aaaaaaaaaaaa at 111111111111 / bbbbbbbbbbbb at 222222222222" in capsys.readouterr().out


def test_compare_looks_at_every_session_that_it_uses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second session of a file ran elsewhere: its machine counts, not that of the first."""
    a = written(tmp_path / "a", made_up.run(trials=4, modes=("epoll",)), id="a")
    elsewhere = {**made_up.HOST, "kernel": "6.19.0"}
    b = written(tmp_path / "b", made_up.run(trials=4, modes=("null",)), id="b")
    written(b, made_up.run(trials=4, modes=("epoll",)), id="c", host=elsewhere)
    assert main(["compare", str(a), str(b)]) == 2
    assert "not comparable: kernel 6.18.0 / 6.19.0" in capsys.readouterr().err


def test_history_follows_the_commits_of_the_users_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its repository's, not that of bench; a start of the machine and a version of bench are no other machine."""
    for place in range(3):
        written(
            tmp_path / f"{place}.jsonl", made_up.run(modes=(OWN,), seed=place), id=f"h{place}",
            started_at=f"2026-11-0{place + 1}T00:00:00Z", modes=source(str(place), str(place) * 40, dirty=place == 2),
            host={**made_up.HOST, "boot": str(place), "bench": str(place), "commit": f"c{place}"},
        )  # fmt: skip
    page = tmp_path / "page.html"
    assert main(["history", str(tmp_path), "--csv", "-", "--html", str(page)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["commit"] for row in rows] == ["0" * 12, "1" * 12, f"{'2' * 12}-dirty"]
    assert {row["machine"] for row in rows} == {"1"}
    assert "222222222222-dirty" in page.read_text()


def test_pyperf_takes_the_suite_of_two_machines(tmp_path: Path) -> None:
    """Each machine's times are benchmarks of their own, so that pyperf finds nothing inconsistent in them."""
    files = two(tmp_path, {}, {"host": {**made_up.HOST, "cpu_model": "Other CPU"}})
    suite = str(tmp_path / "suite.json")
    assert main(["export", *map(str, files), "--pyperf", suite]) == 0
    done = subprocess.run([sys.executable, "-m", "pyperf", "show", suite], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "epoll [Other CPU] cpu_ns_per_event" in done.stdout


def test_export_says_what_the_mode_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Content and commit are columns beside the host's; empty for a mode of bench itself."""
    files = two(tmp_path, {"modes": source("a", "1" * 40)}, {"modes": source("b")})
    assert main(["export", *map(str, files), "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    held = {(row["session"], row["mode"]): (row["mode_sha256"][:1], row["mode_commit"]) for row in rows}
    assert held == {
        ("one", OWN): ("a", "1" * 12), ("two", OWN): ("b", ""), ("one", "epoll"): ("", ""), ("two", "epoll"): ("", ""),
    }  # fmt: skip


def test_the_arms_of_a_check_are_told_by_their_arm(tmp_path: Path) -> None:
    """Two contents are what a check compares; they need no other name, until two checks are put together."""
    trials = [replace(trial, arm="AB"[place % 2]) for place, trial in enumerate(made_up.run(modes=(OWN,)))]
    files = []
    for name, contents in (("one", "ab"), ("two", "ac")):
        modes = tuple(
            ModeSource(mode=OWN, sha256=content * 64, arm=arm)  # type: ignore[arg-type]
            for content, arm in zip(contents, "AB", strict=True)
        )
        files.append(written(tmp_path / name, trials, id=name, modes=modes))
    assert sorted(row.label for row in load(files[:1]).rows) == [f"{OWN} (A)", f"{OWN} (B)"]
    assert sorted(row.label for row in load(files).rows) == [
        f"{OWN} (A)",
        f"{OWN} (B) [content bbbbbbbb]",
        f"{OWN} (B) [content cccccccc]",
    ]
