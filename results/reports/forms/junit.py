"""As JUnit XML: a test case for each line that has a verdict."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from results.reports.document import Bad, Document, Doubt, Verdict, plain, verdicts
from results.shown import shown

# Characters that XML 1.0 cannot hold, even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(document: Document) -> bytes:
    """Write what is bad as a failure and what is in doubt as skipped, so that a dashboard tells the two apart."""
    found = verdicts(document)
    suite = ET.Element(
        "testsuite",
        name=document.name,
        tests=str(len(found)),
        failures=str(sum(isinstance(each.word, Bad) for each in found)),
        errors="0",
        skipped=str(sum(isinstance(each.word, Doubt) for each in found)),
        timestamp=_text(document.made_at),
    )
    suite.extend(map(_case, found))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _case(verdict: Verdict) -> ET.Element:
    line = verdict.line
    case = ET.Element("testcase", classname=_text(f"bench.{line.label}"), name=_text(verdict.of))
    said = _text(plain(line.says))
    if isinstance(verdict.word, Bad):
        ET.SubElement(case, "failure", message=said, type=verdict.word).text = said
    elif isinstance(verdict.word, Doubt):
        ET.SubElement(case, "skipped", message=said)
    else:
        ET.SubElement(case, "system-out").text = said
    return case


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", shown(text))
