"""One comment of a pull request, kept up to date: against a server that answers as GitHub's two APIs do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from harness.__main__ import main
from harness.commands.comment import MOST_CHARACTERS, fitting

TOKEN = "ghs_the_jobs_own"
SHA = "0123456789abcdef0123456789abcdef01234567"
BOT = "github-actions[bot]"  # who a job's token is


@dataclass
class GitHub:
    """The comments of pull request 7 of them/theirs, and what was asked; `refuses` is a status for each request.

    `viewer` is whose the token is: what GraphQL answers, and who makes a comment.
    """

    viewer: object = BOT
    comments: list[dict[str, object]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: int | None = None
    address: str = ""


def handler(github: GitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, row: object) -> None:
            content = json.dumps(row).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _handle(self) -> None:
            github.asked.append(f"{self.command} {self.path}")
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            address = urlsplit(self.path)
            parts = address.path.split("/")
            if github.refuses is not None:
                self._answer(github.refuses, {"message": "no"})
            elif self.headers["Authorization"] != f"Bearer {TOKEN}" or len(str(body.get("body"))) > 65_536:
                self._answer(422, {"message": "wrong"})
            elif self.command == "GET" and address.path == "/repos/them/theirs/issues/7/comments":
                asked = {name: int(value) for name, (value,) in parse_qs(address.query).items()}
                begin = (asked["page"] - 1) * asked["per_page"]
                self._answer(200, github.comments[begin : begin + asked["per_page"]])
            elif self.command == "POST" and address.path == "/repos/them/theirs/issues/7/comments":
                github.comments.append(comment(len(github.comments), str(body["body"]), github.viewer))
                self._answer(201, github.comments[-1])
            elif self.command == "POST" and address.path == "/graphql" and body == {"query": "{viewer{login}}"}:
                refused = {"data": None, "errors": [{"message": "Bad credentials"}]}
                self._answer(200, {"data": {"viewer": {"login": github.viewer}}} if github.viewer else refused)
            elif self.command == "PATCH" and parts[:-1] == ["", "repos", "them", "theirs", "issues", "comments"]:
                (found,) = [each for each in github.comments if each["id"] == int(parts[-1])]
                found["body"] = body["body"]
                self._answer(200, found)
            else:
                self._answer(404, {"message": "Not Found"})

        do_GET = do_POST = do_PATCH = _handle

        def log_message(self, *_: object) -> None:
            """Keep the test's stderr to itself."""

    return Handler


def comment(number: int, body: str | None, by: object = "somebody") -> dict[str, object]:
    """Make a comment; of an account that is gone, GitHub names nobody."""
    user = None if by is None else {"login": by, "type": "Bot" if by == BOT else "User"}
    return {
        "id": 1000 + number,
        "body": body,
        "html_url": f"https://github.test/them/theirs/pull/7#{number}",
        "user": user,
    }


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[GitHub]:
    """Be a job of GitHub Actions for a pull request."""
    made = GitHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(made))
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": SHA}}}))
    told = {
        "GITHUB_API_URL": made.address, "GITHUB_GRAPHQL_URL": f"{made.address}/graphql",
        "GITHUB_REPOSITORY": "them/theirs", "GITHUB_EVENT_PATH": str(event),
        "GITHUB_TOKEN": TOKEN, "GITHUB_SERVER_URL": "https://github.test", "GITHUB_RUN_ID": "99", "no_proxy": "*",
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "a report.md"
    path.write_text("## bench check: OK\n\n| mode |\n| :-- |\n| `file` |\n")
    return path


def test_one_comment_is_made_and_then_changed(github: GitHub, report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands around it: others' comments, also of more than one page, and one without a text."""
    github.comments += [comment(number, "hello") for number in range(130)]
    github.comments[5]["body"] = None
    assert main(["comment", str(report)]) == 0
    assert github.asked[-1] == "POST /repos/them/theirs/issues/7/comments"
    body = str(github.comments[-1]["body"])
    assert "## bench check: OK\n" in body
    assert "0123456789ab · [the job](https://github.test/them/theirs/actions/runs/99)" in body
    report.write_text("## bench check: REGRESSED\n")
    assert main(["comment", str(report)]) == 0
    assert github.asked[-1] == "PATCH /repos/them/theirs/issues/comments/1130"
    assert len(github.comments) == 131
    assert "REGRESSED" in str(github.comments[-1]["body"])
    assert "OK" not in str(github.comments[-1]["body"])
    assert capsys.readouterr().out == 2 * "https://github.test/them/theirs/pull/7#130\n"


def test_each_key_has_its_comment(github: GitHub, report: Path) -> None:
    """Two checks of one pull request do not overwrite each other; who quotes one is not taken for it."""
    for key in ("a", "b", "a"):
        assert main(["comment", str(report), "--key", key]) == 0
    assert len(github.comments) == 2
    quoted = "".join(f"> {line}\n" for line in str(github.comments.pop()["body"]).splitlines())
    github.comments.insert(0, comment(50, quoted))
    assert main(["comment", str(report), "--key", "b"]) == 0
    assert github.comments[0]["body"] == quoted
    assert len(github.comments) == 3


@pytest.mark.parametrize("by", ["somebody", "dependabot[bot]", "github-actions", None])
def test_another_s_comment_is_left_alone(github: GitHub, report: Path, by: str | None) -> None:
    """Who begins one with our mark could change it after us: it stays as it is, and ours beside it is changed."""
    assert main(["comment", str(report)]) == 0
    theirs = comment(50, str(github.comments[0]["body"]), by)
    github.comments.insert(0, theirs)
    before = dict(theirs)
    report.write_text("## bench check: REGRESSED\n")
    assert main(["comment", str(report)]) == 0
    assert (github.comments[0], len(github.comments)) == (before, 2)
    assert "REGRESSED" in str(github.comments[1]["body"])
    github.comments.pop()
    assert main(["comment", str(report)]) == 0
    assert (github.comments[0], len(github.comments)) == (before, 2)


def test_a_user_s_own_token_changes_that_user_s_comment(github: GitHub, report: Path) -> None:
    """Not the one that the job's token made before."""
    for viewer in (BOT, "somebody", "somebody", "an-app[bot]"):
        github.viewer = viewer
        assert main(["comment", str(report)]) == 0
    assert [dict(each["user"])["login"] for each in github.comments] == [BOT, "somebody", "an-app[bot]"]  # type: ignore[call-overload]


def test_a_token_of_nobody_changes_nothing(github: GitHub, report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 4, with what GitHub said."""
    assert main(["comment", str(report)]) == 0
    github.viewer = None
    assert main(["comment", str(report)]) == 4
    said = capsys.readouterr().err
    assert "GitHub does not say whose the token is" in said
    assert "Bad credentials" in said
    assert not any(each.startswith("PATCH") for each in github.asked)


def test_where_there_is_no_report_a_sentence_stands(github: GitHub) -> None:
    """In the place of what an earlier commit's check said; nothing in it is markup."""
    assert main(["comment", "--says", "it <could> *not* run"]) == 0
    assert "it &lt;could&gt; \\*not\\* run" in str(github.comments[0]["body"])


def test_a_report_that_is_too_long_is_cut_at_a_line(github: GitHub, report: Path) -> None:
    """GitHub refuses more; what matters most stands first, and it is said what is missing."""
    report.write_text("".join(f"| `metric {number}` | ünïcode |\n" for number in range(5000)))
    assert main(["comment", str(report)]) == 0
    body = str(github.comments[0]["body"])
    lines = body.splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert rows == [f"| `metric {number}` | ünïcode |" for number in range(len(rows))]
    assert f"{5000 - len(rows)} lines more are in the job's summary." in lines
    assert MOST_CHARACTERS - 40 < len(body) < MOST_CHARACTERS + 536


def test_a_block_of_code_that_is_cut_ends() -> None:
    """What follows is no code."""
    assert fitting("a\n```sh\nb\nc\nd\n```\n", 12) == "a\n```sh\nb\nc\n```\n\n2 lines more are in the job's summary."
    assert fitting("````python\nb\nc\n````\n", 12) == "````python\n````\n\n3 lines more are in the job's summary."
    assert fitting("a\n```sh\nb\n```\n", 100) == "a\n```sh\nb\n```"


@pytest.mark.parametrize(
    ("refuses", "says"),
    [
        (403, "403 Forbidden; give the job `permissions: pull-requests: write`"),
        (404, "404 Not Found; give the job"),
        (401, "401 Unauthorized; hand on the job's token"),
        (302, "302 Found; try again"),  # the token is taken nowhere else
        (500, "500 Internal Server Error; try again"),
    ],
)
def test_what_github_refuses_is_said_with_the_cure(
    github: GitHub, report: Path, refuses: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 4, and it is asked once."""
    github.refuses = refuses
    assert main(["comment", str(report)]) == 4
    said = capsys.readouterr().err
    assert all(part in said for part in says.split("; "))
    assert TOKEN not in said
    assert len(github.asked) == 1


def test_a_server_that_cannot_be_reached_is_named(
    github: GitHub, report: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or one that is none."""
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    assert main(["comment", str(report)]) == 4
    assert "GitHub cannot be asked: " in capsys.readouterr().err
    for name in ("GITHUB_API_URL", "GITHUB_GRAPHQL_URL"):
        monkeypatch.setenv(name, f"file://{report}")
        assert main(["comment", str(report)]) == 2
        monkeypatch.setenv(name, github.address)
    assert github.asked == []


@pytest.mark.parametrize("event", ["{}", "not json", '{"pull_request": {"number": "x", "head": {"sha": ""}}}'])
def test_a_job_for_no_pull_request_says_so(
    github: GitHub, report: Path, tmp_path: Path, event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and nobody is asked."""
    (tmp_path / "event.json").write_text(event)
    assert main(["comment", str(report)]) == 2
    assert "tells of no pull request" in capsys.readouterr().err
    assert github.asked == []


@pytest.mark.parametrize("missing", ["GITHUB_TOKEN", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_GRAPHQL_URL"])
def test_elsewhere_than_in_a_job_it_says_what_is_missing(
    github: GitHub,
    report: Path,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 2, and nobody is asked."""
    monkeypatch.setenv(missing, "")
    assert main(["comment", str(report)]) == 2
    assert f"{missing} not set" in capsys.readouterr().err
    assert github.asked == []


def test_a_report_or_a_sentence_is_needed(github: GitHub, report: Path, tmp_path: Path) -> None:
    """Not both, and not a file that is not there."""
    assert main(["comment"]) == 2
    assert main(["comment", str(report), "--says", "x"]) == 2
    assert main(["comment", str(tmp_path / "gone.md")]) == 2
    assert github.asked == []
