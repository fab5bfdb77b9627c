"""What is said of a fleet's check: the verdicts, each host by itself, the lost ones, in all forms."""

from __future__ import annotations

import json

import pytest

from results.check.fleet import FleetOutcome, judge_fleet
from results.check.plan import Check
from results.reports.document import verdicts
from results.reports.fleet_check import fleet_check_document
from results.reports.forms.annotation import annotation
from results.reports.forms.junit import junit
from results.reports.forms.markdown import markdown
from results.reports.forms.page import write as page
from tests.results.check.blocks_made_up import comparison
from tests.results.check.test_fleet import LOAD, host, plan
from tests.results.reports.test_fleet import on_terminal


def outcome(scope: str = "class") -> FleetOutcome:
    hosts = (
        host("alpha", 1.2, count=8), host("beta", 1.2, count=8), host("gamma", 1.0, host_class="rack", count=8),
        host("delta", 1.0, host_class="rack", lost="the disk was full"),
    )  # fmt: skip
    gate = plan(scope, blocks_a_host=8)
    check = Check(gate=gate, comparisons=(comparison(LOAD),), arm_a="git main", arm_b="the working tree")
    return FleetOutcome(
        plan_id="p1", check=check, hosts=hosts, judgements=judge_fleet(gate, hosts),
        made_at="2026-11-27T23:00:00+00:00", result_file="fleet.jsonl",
    )  # fmt: skip


@pytest.mark.parametrize("form", ["terminal", "markdown", "page"])
def test_every_form_says_the_verdicts_and_what_each_host_says(form):
    """The class that regressed comes first; the lost host has its reason; how to compute it again is said."""
    document = fleet_check_document(outcome())
    said = {
        "terminal": lambda: on_terminal(document), "markdown": lambda: markdown(document),
        "page": lambda: page(document, "0"),
    }[form]()  # fmt: skip
    assert said.index("REGRESSED") < said.index("INCONCLUSIVE")
    assert said.index("lab") < said.index("rack")
    assert "the disk was full" in said
    if form != "terminal":
        assert "bench verify fleet.jsonl" in said
        assert said.count("gamma") == said.count("beta") >= 1
        assert "p = 1" in said


def test_ci_is_told_of_the_worst():
    """A failure for what regressed, with the range of its hosts; what is in doubt is skipped."""
    document = fleet_check_document(outcome())
    assert [each.word for each in verdicts(document)] == ["REGRESSED", "INCONCLUSIVE"]
    said = annotation(document)
    assert said.startswith("::error title=bench check --fleet%3A REGRESSED::epoll cpu_ns_per_event of lab")
    assert "2 hosts, from 1.19" in said
    written = junit(document)
    assert b"<failure" in written
    assert b"<skipped" in written
    assert [b'classname="bench.epoll %s"' % each in written for each in (b"lab", b"rack")] == [True, True]


def test_the_json_holds_what_each_host_says():
    """For other programs: verdicts with their hosts, the lost one with its reason."""
    row = json.loads(json.dumps(outcome("host").to_json()))
    assert row["scope"] == "host"
    by_unit = {each["unit"]: each for each in row["judgements"]}
    assert set(by_unit) == {"alpha", "beta", "gamma", "delta"}
    assert by_unit["delta"]["hosts"][0]["lost"] == "0 of 8 blocks: the disk was full"
    assert by_unit["alpha"]["hosts"][0]["estimate"] == by_unit["alpha"]["estimate"]
    assert row["verdict"] == "REGRESSED"


def test_the_page_draws_host_by_host():
    """The heat map has a line for each host, the lost one too."""
    said = page(fleet_check_document(outcome()), "0")
    assert 'id="heat-wide-cells"' in said
    assert "delta (lost)" in said
