"""Where the outcome of a check goes besides the terminal: files for CI, opened before anything runs."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from harness.cli import DONE, INCONCLUSIVE, REGRESSED
from results.annotations import annotation
from results.check_markdown import MOST_BYTES, markdown
from results.junit import junit
from results.outcome import Outcome
from results.output import open_output
from results.verdict import Verdict

STATUS = {Verdict.OK: DONE, Verdict.REGRESSED: REGRESSED, Verdict.INCONCLUSIVE: INCONCLUSIVE}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the outputs of check and verify."""
    group = parser.add_argument_group("reports (a job summary and an annotation are written on GitHub by themselves)")
    group.add_argument("--json", action="store_true", help="print the outcome as JSON, and nothing else")
    group.add_argument("--junit", type=Path, metavar="FILE", help="JUnit XML, a case for each mode and metric")
    group.add_argument("--markdown", type=Path, metavar="FILE", help="what the job summary would hold")


class Reports:
    """The files that were asked for, proved writable when this is made. Raises BadInput for one that is not."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._junit = None if arguments.junit is None else open_output(arguments.junit)
        self._markdown = None if arguments.markdown is None else open_output(arguments.markdown)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        self._summary = open_output(Path(summary), append=True) if summary else None

    def write(self, outcome: Outcome) -> None:
        """Fill the files, and mark the worst where GitHub looks for it (it reads both streams)."""
        if self._junit is not None:
            _fill(self._junit, junit(outcome))
        if self._markdown is not None:
            _fill(self._markdown, markdown(outcome).encode())
        if self._summary is not None:
            room = MOST_BYTES - os.fstat(self._summary).st_size
            _fill(self._summary, markdown(outcome, room).encode())
        if os.environ.get("GITHUB_ACTIONS") == "true" and (line := annotation(outcome)):
            print(line, file=sys.stderr, flush=True)


def _fill(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
