"""The script beside action.yml, in real repositories: which baseline it takes for which event, and what it hands on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.machine.checkout import checkout
from tests.repository import commit, git

ZEROS = "0" * 40
NEEDED = {"MODE": "a b.py; touch hacked", "RESULT": "r", "JUNIT": "j", "INCONCLUSIVE": "fail"}


@pytest.fixture
def action(tmp_path: Path) -> Path:
    return an_action(tmp_path)


def an_action(parent: Path) -> Path:
    """Make a folder with the script and a bench that records how it was called."""
    folder = parent / "the action"
    folder.mkdir()
    shutil.copy(checkout() / "action.sh", folder)
    bench = folder / "bench"
    bench.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >'{parent}/words'\nexit ${{STATUS:-0}}\n")
    bench.chmod(0o755)
    return folder


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A project: trunk moved on after `topic` had left it."""
    folder = tmp_path / "origin"
    commit(folder, "0")
    commit(folder, "1")
    git(folder, "checkout", "-q", "-b", "topic")
    commit(folder, "topic 1")
    commit(folder, "topic 2")
    git(folder, "checkout", "-q", "trunk")
    commit(folder, "2")
    commit(folder, "3")
    return folder


def clone(origin: Path, ref: str, depth: int | None) -> Path:
    """Clone as actions/checkout does: one ref, detached, as deep as asked for; None is everything."""
    folder = origin.parent / "the clone"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", origin.as_uri())
    head = git(origin, "rev-parse", ref)
    deep = [] if depth is None else [f"--depth={depth}"]
    branches = ["+refs/heads/*:refs/remotes/origin/*"] if depth is None else []
    git(folder, "fetch", "-q", "--no-tags", *deep, "origin", head, *branches)
    git(folder, "checkout", "-q", "--detach", head)
    return folder


def run(action: Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    names = ("PATH", "HOME", "TMPDIR")
    environment = {name: os.environ[name] for name in names if name in os.environ} | NEEDED
    environment |= {"GITHUB_OUTPUT": str(action.parent / "output"), "DEFAULT_BRANCH": "trunk", **more}
    if "GITHUB_SHA" not in environment and (folder / ".git").exists():
        environment["GITHUB_SHA"] = git(folder, "rev-parse", "HEAD")
    return subprocess.run(
        ["bash", action / "action.sh"], check=False, capture_output=True, text=True, env=environment, cwd=folder
    )


def words(action: Path) -> list[str]:
    return (action.parent / "words").read_text().splitlines()


def taken(action: Path, folder: Path, **more: str) -> str:
    """Return the subject of the commit that was taken as the baseline."""
    ended = run(action, folder, **more)
    assert ended.returncode == 0, ended.stderr
    said = words(action)
    kind, _, sha = said[said.index("--against") + 1].partition(":")
    assert kind == "git"
    return git(folder, "log", "-1", "--format=%s", sha)


depths = pytest.mark.parametrize("depth", [1, 2, None], ids=["shallow", "two deep", "whole"])


@depths
def test_a_pull_request_is_compared_with_the_base_that_it_was_merged_with(
    action: Path, origin: Path, depth: int | None
) -> None:
    """Trunk has moved since the event's base.sha: others' commits are in both arms, or in none."""
    git(origin, "checkout", "-q", "--detach", "trunk")
    git(origin, "merge", "-q", "--no-ff", "-m", "merged", "topic")
    git(origin, "update-ref", "refs/pull/1/merge", "HEAD")
    git(origin, "checkout", "-q", "trunk")
    merged = clone(origin, "refs/pull/1/merge", depth)
    assert taken(action, merged, GITHUB_EVENT_NAME="pull_request", GITHUB_BASE_REF="trunk") == "3"


@depths
@pytest.mark.parametrize(
    "event",
    [
        {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "trunk", "GITHUB_SHA": "a merge that is not here"},
        {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/topic", "BEFORE": ZEROS},
        {"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF": "refs/heads/topic"},
        {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/v1", "BEFORE": ZEROS},
    ],
    ids=["pull request's head", "new branch", "by hand", "tag"],
)
def test_a_branch_is_compared_with_where_it_left(
    action: Path, origin: Path, depth: int | None, event: dict[str, str]
) -> None:
    """All of its commits are judged, and nothing that came to the default branch since."""
    assert taken(action, clone(origin, "topic", depth), **event) == "1"


@depths
def test_a_push_to_the_default_branch_is_compared_with_the_commit_before_it(
    action: Path, origin: Path, depth: int | None
) -> None:
    """Every commit that was pushed is judged; without an event, the last one."""
    pushed = clone(origin, "trunk", depth)
    before = git(origin, "rev-parse", "trunk~2")
    event = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/trunk"}
    assert taken(action, pushed, **event, BEFORE=before) == "1"
    assert taken(action, pushed, GITHUB_EVENT_NAME="schedule", GITHUB_REF="refs/heads/trunk") == "2"


@depths
def test_an_entry_of_a_merge_queue_is_compared_with_what_stands_before_it(
    action: Path, origin: Path, depth: int | None
) -> None:
    """The first entry with trunk, the second with the first, whose commits are not its own to answer for."""
    git(origin, "checkout", "-q", "--detach", "trunk")
    git(origin, "merge", "-q", "--no-ff", "-m", "entry 1", "topic")
    first = git(origin, "rev-parse", "HEAD")
    git(origin, "checkout", "-q", "-b", "gh-readonly-queue/trunk/pr-2")
    commit(origin, "of entry 2")
    commit(origin, "entry 2")
    second = clone(origin, "HEAD", depth)
    ref = "refs/heads/gh-readonly-queue/trunk/pr-2"
    event = {"GITHUB_EVENT_NAME": "merge_group", "GITHUB_REF": ref, "BEFORE": ""}
    assert taken(action, second, **event, MERGE_GROUP_BASE=first) == "entry 1"
    assert taken(action, second, **event, MERGE_GROUP_BASE=git(origin, "rev-parse", "trunk")) == "3"


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"GITHUB_EVENT_NAME": "merge_group", "MERGE_GROUP_BASE": "1" * 40}, "the base of the merge group (1"),
        ({"BEFORE": ZEROS}, "this push made trunk, so there is no commit before it"),
        ({"BEFORE": "1" * 40}, f"the commit before this push ({'1' * 40}) is not in this clone"),
        ({"GITHUB_REF": "refs/heads/other", "DEFAULT_BRANCH": "gone"}, "the branch gone is not in this clone"),
        ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_SHA": "x", "GITHUB_BASE_REF": "gone"}, "the branch gone is not"),
        ({"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_BASE_REF": "trunk", "BEFORE": "1" * 40}, "HEAD has no"),
    ],
    ids=["merge group", "new branch", "rewritten", "no such branch", "no such base", "the base itself"],
)
def test_a_baseline_that_is_not_there_is_named_with_the_cure(
    action: Path, origin: Path, event: dict[str, str], says: str
) -> None:
    """One annotation, status 2, and nothing is run."""
    about = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/trunk", "GITHUB_REF_NAME": "trunk"}
    ended = run(action, clone(origin, "trunk", 1), **{**about, **event})
    assert ended.returncode == 2
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("::error")]
    assert says in line
    assert "(against)" in line
    assert ("fetch-depth: 0" in line) == ("is not in this clone" in line)
    assert not (action.parent / "words").exists()


def test_a_first_commit_and_a_folder_without_git_have_no_baseline(action: Path, tmp_path: Path) -> None:
    """Each in its own words."""
    alone = tmp_path / "alone"
    commit(alone, "0")
    assert "HEAD is the first commit" in run(action, alone, DEFAULT_BRANCH="").stderr
    assert "put actions/checkout before this step" in run(action, action).stderr


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [
        ("", []),
        ("--blocks 10,20", ["--blocks", "10,20"]),
        ("--blocks 10\n--delta ns_per_event=5%\n", ["--blocks", "10", "--delta", "ns_per_event=5%"]),
        ("--traffic 'mix:a=1 + b=2' --config \"x y/p.toml\"", ["--traffic", "mix:a=1 + b=2", "--config", "x y/p.toml"]),
        ("--out ''", ["--out", ""]),
        ("$(touch hacked) `touch hacked` ; *", ["$(touch", "hacked)", "`touch", "hacked`", ";", "*"]),
        ("  --quiet\n\n   --json  ", ["--quiet", "--json"]),
        ("--blocks 10 \\\n  --quiet \\\n", ["--blocks", "10", "--quiet"]),
    ],
    ids=["none", "one line", "lines", "quotes", "empty", "code", "blanks", "joined lines"],
)
def test_arguments_are_split_as_a_shell_would_and_nothing_is_run(
    action: Path, tmp_path: Path, given: str, handed_on: list[str]
) -> None:
    """Every line of them."""
    ended = run(action, tmp_path, AGAINST="v1", ARGUMENTS=given)
    assert ended.returncode == 0, ended.stderr
    always = ["check", "--mode", NEEDED["MODE"], "--against", "v1", "--out", "r", "--junit", "j", "--why", "r.why.md"]
    assert words(action) == always + handed_on
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("given", ["--no-why", "--quiet --why=mine.md", "--why mine.md"])
def test_where_a_regression_went_is_written_unless_the_caller_says_otherwise(
    action: Path, tmp_path: Path, given: str
) -> None:
    """Beside the result, so that what is kept of `bench-check.*` has it."""
    ended = run(action, tmp_path, AGAINST="v1", ARGUMENTS=given, RESULT="a b/bench-check.jsonl")
    assert ended.returncode == 0, ended.stderr
    assert "a b/bench-check.why.md" not in words(action)
    run(action, tmp_path, AGAINST="v1", RESULT="a b/bench-check.jsonl")
    assert "a b/bench-check.why.md" in words(action)


def test_a_quote_that_is_not_closed_is_named(action: Path, tmp_path: Path) -> None:
    """Half an argument is never run."""
    ended = run(action, tmp_path, AGAINST="v1", ARGUMENTS="--traffic 'a")
    assert (ended.returncode, "a quote is not closed" in ended.stderr) == (2, True)
    assert not (tmp_path / "words").exists()


@pytest.mark.parametrize(
    ("status", "inconclusive", "expected"),
    [
        (0, "fail", ("OK", 0)),
        (1, "fail", ("REGRESSED", 1)),
        (3, "fail", ("INCONCLUSIVE", 3)),
        (3, "pass", ("INCONCLUSIVE", 0)),
        (4, "pass", ("", 4)),
    ],
)
def test_statuses_become_verdicts(
    action: Path, tmp_path: Path, status: int, inconclusive: str, expected: tuple[str, int]
) -> None:
    """What the job sees, and what the next steps can read."""
    ended = run(action, tmp_path, AGAINST="v1", STATUS=str(status), INCONCLUSIVE=inconclusive)
    output = (tmp_path / "output").read_text().splitlines()
    assert (output[0].removeprefix("verdict="), ended.returncode) == expected
    assert output[1:] == ["report="]


@pytest.mark.parametrize(
    "broken", [{"GITHUB_OUTPUT": "/"}, {"TMPDIR": "/nonexistent"}, {"AGAINST": ""}], ids=["output", "folder", "words"]
)
def test_a_runner_on_which_something_fails_has_no_verdict(action: Path, origin: Path, broken: dict[str, str]) -> None:
    """1 is that of a regression: not where the verdict cannot be told, nor where stderr takes no word of why."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | NEEDED
    environment |= {"AGAINST": "v1", "GITHUB_OUTPUT": str(action.parent / "output"), "DEFAULT_BRANCH": "gone", **broken}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(["bash", action / "action.sh"], check=False, stderr=full, env=environment, cwd=origin)
    assert ended.returncode in (2, 4)


@pytest.mark.parametrize(
    ("asked", "handed_on", "report"),
    [
        (("true", "--quiet"), ["--markdown", "a b/r.md", "--quiet"], "a b/r.md"),
        (("true", "--markdown mine.md --quiet"), ["--markdown", "mine.md", "--quiet"], "mine.md"),
        (("true", "--quiet --markdown=mine.md"), ["--quiet", "--markdown=mine.md"], "mine.md"),
        (("false", "--quiet"), ["--quiet"], ""),
        (("false", "--markdown mine.md"), ["--markdown", "mine.md"], "mine.md"),
    ],
)
def test_a_comment_asks_for_a_report_unless_there_is_one(
    action: Path, tmp_path: Path, asked: tuple[str, str], handed_on: list[str], report: str
) -> None:
    """Once, and the next step is told where it is."""
    wanted, given = asked
    ended = run(action, tmp_path, AGAINST="v1", ARGUMENTS=given, RESULT="a b/r.jsonl", COMMENT=wanted)
    assert ended.returncode == 0, ended.stderr
    assert words(action)[-len(handed_on) - 2 :] == ["--why", "a b/r.why.md", *handed_on]
    assert (tmp_path / "output").read_text().splitlines()[1] == f"report={report}"


def comment(action: Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the step that writes the comment."""
    environment = {
        "PATH": os.environ["PATH"],
        "MODE": "a.py",
        "GITHUB_WORKFLOW": "bench",
        "GITHUB_JOB": "check",
        **more,
    }
    return subprocess.run(
        ["bash", action / "action.sh", "comment"],
        check=False, capture_output=True, text=True, env=environment, cwd=folder,
    )  # fmt: skip


def test_the_comment_is_of_the_report_or_says_that_there_is_none(action: Path, tmp_path: Path) -> None:
    """An earlier commit's verdict does not stay where a check did not run, or had too many invalid trials."""
    key = ["comment", "--key", "bench check a.py"]
    assert comment(action, tmp_path, VERDICT="REGRESSED", REPORT="a b/r.md").returncode == 0
    assert words(action) == [*key, "a b/r.md"]
    assert comment(action, tmp_path, VERDICT="", REPORT="a b/r.md").returncode == 0
    assert words(action)[: len(key) + 1] == [*key, "--says"]
    assert "came to no verdict" in words(action)[-1]


def test_a_comment_that_cannot_be_written_is_a_warning(action: Path, tmp_path: Path) -> None:
    """The verdict is the check's; a pull request from a fork may not comment."""
    ended = comment(action, tmp_path, VERDICT="OK", REPORT="r.md", STATUS="4")
    assert ended.returncode == 0
    assert ended.stderr.startswith("::warning title=bench check::the comment could not be written")
