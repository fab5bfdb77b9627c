"""Write a report into a comment of the pull request that a job of GitHub Actions runs for, and keep it up to date.

The first time a comment is made; later ones change it, so that there is one and it tells of the newest commit. The job
needs `permissions: pull-requests: write`, and the token in GITHUB_TOKEN; the action does it with `comment: true`.
"""

import argparse
import hashlib
import os
import re
from itertools import accumulate
from pathlib import Path

from harness.commands.parts.status import DONE
from harness.github import PullRequest
from results.errors import BadInput
from results.reports.forms.markdown import text

NEEDS = "nothing"
# GitHub takes 65,536 characters; the mark and the last line need some of them.
MOST_CHARACTERS = 65_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="Markdown, as check --markdown writes it")
    parser.add_argument("--says", metavar="TEXT", help="say this instead, where there is no report")
    parser.add_argument(
        "--key", default="", metavar="TEXT", help="tells this comment from others of bench on the same pull request"
    )


def run(arguments: argparse.Namespace) -> int:
    if (arguments.file is None) == (arguments.says is None):
        raise BadInput("give a FILE of Markdown, or --says TEXT")
    where = PullRequest.of_job(os.environ)
    try:
        said = text(arguments.says) if arguments.file is None else arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {arguments.file}: {error}") from error
    last = f"<sub>{text(where.commit[:12])} · [the job]({where.run})</sub>"
    key = hashlib.sha256(arguments.key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    print(where.put_comment(f"<!-- bench {key} -->", f"{fitting(said)}\n\n{last}\n"))
    return DONE


def fitting(said: str, most: int = MOST_CHARACTERS) -> str:
    """Keep the first lines of a report, which matter most, as far as a comment has room; say how many are left out."""
    lines = said.rstrip("\n").split("\n")
    kept = sum(length <= most for length in accumulate(len(line) + 1 for line in lines))
    if kept == len(lines):
        return "\n".join(lines)
    fences = [line for line in lines[:kept] if line.startswith("```")]
    closed = re.findall("^`+", fences[-1]) if len(fences) % 2 else []
    return "\n".join([*lines[:kept], *closed, "", f"{len(lines) - kept} lines more are in the job's summary."])
