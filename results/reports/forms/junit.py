"""As JUnit XML: a test case for each line that has a verdict."""

import io
import re

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from results.reports.document import Bad, Document, Doubt, Verdict, verdicts
from results.shown import shown

# Characters that XML 1.0 cannot hold, even escaped; junitparser would write them.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(document: Document) -> bytes:
    """Write what is bad as a failure and what is in doubt as skipped, so that a dashboard tells the two apart."""
    suite = TestSuite(document.name)
    suite.timestamp = _text(document.made_at)
    suite.add_testcases([_case(each) for each in verdicts(document)])
    suites = JUnitXml()
    suites.add_testsuite(suite)
    written = io.BytesIO()
    suites.write(written)
    return written.getvalue()


def _case(verdict: Verdict) -> TestCase:
    case = TestCase(_text(verdict.of), _text(f"bench.{verdict.line.whole or verdict.line.label}"))
    said = _text("".join(verdict.line.says))
    if isinstance(verdict.word, Bad):
        case.result = failure = Failure(said, verdict.word)
        failure.text = "\n".join([said, *map(_text, verdict.line.more)])
    elif isinstance(verdict.word, Doubt):
        case.result = Skipped(said)
    else:
        case.system_out = said
    return case


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", shown(text))
