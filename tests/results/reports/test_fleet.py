"""What is said of a fleet, in all forms: its hosts, the lost ones with their reasons, and which stands out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from results.fleet.compare import compare_hosts
from results.fleet.file import Fleet
from results.fleet.matrix import matrices
from results.reports.document import Document
from results.reports.fleet import fleet_document, json_lines
from results.reports.fleet_compare import fleet_compare_document
from results.reports.forms.markdown import markdown
from results.reports.forms.page import write as page
from results.reports.forms.terminal import Console, draw
from tests.results.fleet.hosts_made_up import PLAN, host

HOSTS = [
    host("alpha"), host("beta", speed=9.0), host("gamma", slowed={"file": 2.0}), host("delta", host_class="rack"),
    host("epsilon", host_class="rack", lost="the link was cut for <b>60 s</b>"),
]  # fmt: skip

FLEET = Fleet(path=Path("fleet.jsonl"), plan_id="p1", plan=PLAN, hosts=(), extras=(), problems=())


def on_terminal(document: Document, width: int = 140) -> str:
    console = Console(width=width, record=True, force_terminal=False)
    with console.capture() as captured:
        draw(document, console)
    return captured.get()


@pytest.fixture(scope="module")
def document() -> Document:
    return fleet_document(FLEET, HOSTS, matrices(HOSTS, PLAN))


@pytest.mark.parametrize("form", ["terminal", "narrow", "markdown", "page"])
def test_every_form_names_all_hosts_the_lost_one_and_who_stands_out(document, form):
    """No host is missing; the lost one has its reason, and the slowed one is said to be."""
    said = {
        "terminal": lambda: on_terminal(document), "narrow": lambda: on_terminal(document, 80),
        "markdown": lambda: markdown(document), "page": lambda: page(document, "0"),
    }[form]()  # fmt: skip
    for each in HOSTS:
        assert each.name in said
    assert "60 s" in said
    assert ("<b>" in said) == (form in ("terminal", "narrow"))  # text there, and markup nowhere
    assert "lost: " in said
    assert "stands out: " in said
    assert said.index("gamma") < said.index("best on")
    assert "4 hosts of 2 classes; 1 shard lost." in said


def test_the_page_has_a_heat_map_that_says_what_each_cell_is(document):
    """In it each host and mode has a mark, with the median, the ratio and its interval; a lost host says so."""
    said = page(document, "0")
    assert said.count('id="heat-wide-cells"') == said.count('id="heat-narrow-cells"') >= 1
    assert "gamma, file: " in said
    assert "epsilon (lost), file: the link was cut" in said


def test_classes_have_tables_of_their_own(document):
    """Hosts of unlike machines stand under different headings."""
    said = markdown(document)
    lab, rack = said.index("100k/s, lab |"), said.index("100k/s, rack |")
    assert lab < said.index("`gamma`", lab) < rack < said.index("`delta`", rack)
    assert "| `epsilon` | – | – | – | **the link was cut" in said


def test_json_has_a_line_for_each_host_and_mode_and_one_over_all_hosts():
    """For other programs: medians with intervals, ratios, and the lost host, too."""
    lines = [json.loads(line) for line in json_lines(matrices(HOSTS, PLAN)[:1]).splitlines()]
    by_host = [line for line in lines if line["host"] is not None]
    assert len(by_host) == len(HOSTS) * 3
    assert {line["lost"] for line in by_host if line["host"] == "epsilon"} == {"the link was cut for <b>60 s</b>"}
    over = {line["label"]: line for line in lines if line["host"] is None}
    assert over["null"]["best"] == over["null"]["best_of"] == 4
    assert over["file"]["ratio"]["count"] == 4


def test_two_fleets_are_compared_in_all_forms():
    """It says on how many hosts what changed, and draws host by host."""
    after = [host(name, seed=3, slowed={"file": 1.6}) for name in ("alpha", "gamma", "delta")]
    before = [host(name, seed=4) for name in ("alpha", "gamma", "delta", "beta")]
    made = fleet_compare_document(compare_hosts(before, after, ("before.jsonl", "after.jsonl"), None))
    for said in (on_terminal(made), markdown(made), page(made, "0")):
        assert "CPU/event on 3 of 3" in said
        assert "only in before.jsonl" in said
    assert 'id="heat-wide-cells"' in page(made, "0")


def test_an_empty_fleet_says_so():
    """All hosts lost: their reasons, and no number."""
    hosts = [host("a", lost="refused: it expired"), host("b", lost="never begun")]
    said = on_terminal(fleet_document(FLEET, hosts, ()))
    assert "0 hosts of 0 classes; 2 shards lost." in said
    assert "it expired" in said
    assert "No host tells anything" in said
