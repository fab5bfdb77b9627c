"""Where the outcome of a check goes besides the terminal: files for CI, proved writable before anything runs."""

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path

from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE, INCONCLUSIVE, REGRESSED
from harness.machine.streams import say
from results.check.verdict import Verdict
from results.output import open_output, prove_output, prove_writable, write_file
from results.reports.document import Document
from results.reports.forms.annotation import annotation
from results.reports.forms.markdown import MOST_BYTES, markdown
from results.reports.forms.terminal import Console, draw

STATUS = {Verdict.OK: DONE, Verdict.REGRESSED: REGRESSED, Verdict.INCONCLUSIVE: INCONCLUSIVE}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the outputs of check and verify: the files asked for, and the job summary, which GitHub names."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    parser.set_defaults(job_summary=Path(summary) if summary else None)
    group = parser.add_argument_group("reports (a job summary and an annotation are written on GitHub by themselves)")
    group.add_argument("--json", action="store_true", help="print the outcome as JSON, and nothing else")
    group.add_argument("--junit", type=output, metavar="FILE", help="JUnit XML, a case for each mode and metric")
    group.add_argument("--markdown", type=output, metavar="FILE", help="what the job summary would hold")
    group.add_argument("--why", type=output, metavar="FILE", help="where a regression went: all lines, as Markdown")


class Reports:
    """The files that were asked for, proved writable when this is made. Raises BadInput for one that is not."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._json: bool = arguments.json
        self._junit: Path | None = arguments.junit
        self._markdown: Path | None = arguments.markdown
        self._why: Path | None = arguments.why
        self._summary: Path | None = arguments.job_summary
        for path in filter(None, (self._junit, self._markdown, self._why)):
            prove_writable(path)
        if self._summary is not None:
            prove_output(self._summary)

    def write(self, document: Document, row: Mapping[str, object], why: Document | None = None) -> None:
        """Fill the files, mark the worst where GitHub looks for it (it reads both streams), and print the outcome."""
        if self._why is not None and why is not None:
            write_file(self._why, markdown(why).encode())
        if self._junit is not None:
            from results.reports.forms.junit import junit  # noqa: PLC0415 - a library that this form alone needs

            write_file(self._junit, junit(document))
        if self._markdown is not None:
            write_file(self._markdown, markdown(document).encode())
        if self._summary is not None:
            with os.fdopen(open_output(self._summary, append=True), "wb") as file:
                room = MOST_BYTES - os.fstat(file.fileno()).st_size
                content = markdown(document, room).encode()
                if len(content) <= room:
                    file.write(content)
                else:
                    say("bench: the job summary has no room left (GitHub shows none above 1 MiB): this is not in it")
        if os.environ.get("GITHUB_ACTIONS") == "true" and (line := annotation(document)):
            say(line)
        if self._json:
            print(json.dumps(row, indent=1))
        else:
            draw(document, Console())
