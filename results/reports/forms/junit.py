"""The outcome of a check as JUnit XML: a test case for each mode and metric."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from results.check.outcome import Outcome, sentence
from results.check.verdict import Judgement, Verdict
from results.shown import shown

# Characters that XML 1.0 cannot hold, even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(outcome: Outcome) -> bytes:
    """Write REGRESSED as a failure and INCONCLUSIVE as skipped, so that a dashboard tells the two apart."""
    verdicts = [judgement.verdict for judgement in outcome.judgements]
    suite = ET.Element(
        "testsuite",
        name="bench check",
        tests=str(len(verdicts)),
        failures=str(verdicts.count(Verdict.REGRESSED)),
        errors="0",
        skipped=str(verdicts.count(Verdict.INCONCLUSIVE)),
        timestamp=_text(outcome.session.started_at),
    )
    for judgement in outcome.judgements:
        suite.append(_case(judgement))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _case(judgement: Judgement) -> ET.Element:
    gated = judgement.gated
    case = ET.Element("testcase", classname=_text(f"bench.{gated.mode}"), name=_text(gated.metric.name))
    said = _text(sentence(judgement))
    if judgement.verdict is Verdict.REGRESSED:
        ET.SubElement(case, "failure", message=said, type="REGRESSED").text = said
    elif judgement.verdict is Verdict.INCONCLUSIVE:
        ET.SubElement(case, "skipped", message=said)
    else:
        ET.SubElement(case, "system-out").text = said
    return case


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", shown(text))
