"""Fill a page's template. What stands in a result file reaches it as text, never as markup."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from results.compare import Compared
from results.disturbance import disturbance, sentences
from results.history import History
from results.reports.compare import entries, headline, weakness
from results.reports.forms.page.drawings.cpu_split import draw_cpu_split
from results.reports.forms.page.drawings.drift import draw_drift
from results.reports.forms.page.drawings.forest import draw_forest
from results.reports.forms.page.drawings.history_chart import draw_history
from results.reports.forms.page.drawings.latency import draw_latency
from results.reports.forms.page.drawings.load_curve import draw_load_curve
from results.reports.forms.page.drawings.loss_timeline import draw_loss_timeline
from results.reports.forms.page.drawings.others import draw_others
from results.reports.forms.page.figure import Drawing
from results.reports.headline import Name, Sentence, plain
from results.reports.history import track_lines
from results.scorecard.report import Report
from results.scorecard.rows import COUNTS, total
from results.series import top_drops
from results.session import facts, session_differences
from results.shown import lines_shown

_TEMPLATES = Path(__file__).parent / "templates"
_TOP = 12  # reasons and functions listed


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing with its heading and the sentence that says how to read it."""

    title: str
    text: str
    drawing: Drawing


def report_page(report: Report, version: str) -> str:
    """Make the page of a report."""
    ledger = [(row.label, total(row.valid or row.drains)) for row in report.rows]
    present = [name for name in COUNTS if any(name in counts for _, counts in ledger)]
    zero = [name for name in present if not any(counts.get(name) for _, counts in ledger)]
    return fill(
        "report.html",
        version,
        report=report,
        summary=report.summary,
        plots=_plots(report),
        noise=sentences(found) if (found := disturbance(report.trials)) else (),
        ledger=[(label, counts) for label, counts in ledger if counts],
        counts=[name for name in present if name not in zero],
        zero=zero,
        # What a drain trial consumes are records that the kernel made up.
        drops=top_drops(t for t in report.trials if t.valid and t.setting.trial_kind == "load")[:_TOP],
        facts=facts(report.sessions[0].host) if report.sessions else {},
        differences=session_differences(report.sessions),
        findings=list(dict.fromkeys(finding for session in report.sessions for finding in session.findings)),
        method=method(report),
    )


def fill(template: str, version: str, **values: object) -> str:
    """Fill a template of this folder with style, script and values, all of them escaped but our own files."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=lambda value: lines_shown(value) if type(value) is str else value,
    )
    environment.tests["name"] = lambda part: isinstance(part, Name)
    environment.filters["plain"] = plain
    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8")
    return environment.get_template(template).render(
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        policy=_policy(script),
        version=version,
        **values,
    )


def method(report: Report) -> Sentence | str:
    """Say in a few sentences how these trials were taken."""
    kinds = {trial.setting.trial_kind for trial in report.trials}
    traffic = sorted({trial.setting.traffic for trial in report.trials if trial.setting.trial_kind == "load"})
    said = ["Each trial ran a fresh consumer in its own process, and closed its ledger to the event."]
    if "load" in kinds:
        lengths = sorted({t.setting.duration_s for t in report.trials if t.setting.duration_s is not None})
        lasting = " and ".join(f"{length:g} s" for length in lengths[:4])
        said.append(
            f"Load trials ({lasting}) offered {', '.join(traffic)} on a schedule that does not wait for the consumer."
        )
    if "drain" in kinds:
        said.append("Drain trials filled the ring while the consumer was stopped, then timed how it emptied it.")
    said.append(
        "Trials of all variants ran in randomised order. Numbers are medians; passes with other probes are never mixed."
    )
    return " ".join(said)


def _plots(report: Report) -> list[Plot]:
    """Draw all that the data allow, in the order of the page."""
    chosen = report.chosen
    losers = [
        (variant, max(variant.rows, key=lambda row: sum(trial.ledger.lost for trial in row.timed)))
        for variant in report.variants
    ]
    candidates = (
        (
            "Consumed and lost against offered load",
            "Where a curve leaves the dotted line, the variant no longer keeps up.",
            draw_load_curve(report.variants),
        ),
        (
            "Age of events",
            "Each mark to the right is an age that fewer events exceed. Lost drops have none: see the loss.",
            draw_latency(chosen),
        ),
        (
            "Where the CPU time goes",
            "Bars show shares, since the sums at their right differ by orders of magnitude. Softirqs, in which drops "
            "happen and the program runs, are sampled by tick: a share of the CPUs in use, beside the sum.",
            draw_cpu_split(chosen),
        ),
        (
            "When drops were lost",
            "The trial that lost most, for each variant that lost any.",
            draw_loss_timeline(losers),
        ),
        (
            "What others took of the CPUs",
            "Above the limits a trial is disturbed: its counts are exact, its times and rates are doubtful.",
            draw_others(disturbance(report.trials)),
        ),
        (
            "Trials in the order they ran",
            "A slope or a step that all variants share is the machine's drift, not theirs.",
            draw_drift(report.variants),
        ),
    )
    return [Plot(title, text, drawing) for title, text, drawing in candidates if drawing is not None]


def _policy(script: str) -> str:
    """Forbid the page everything but its own style and this very script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'"
    )


def compare_page(compared: Compared, version: str) -> str:
    """Make the page: what changed in words, the forest plot, all numbers, the machines."""
    return fill(
        "compare.html",
        version,
        compared=compared,
        headline=headline(compared),
        forest=draw_forest(compared),
        weakness=weakness(compared),
        entries=entries(compared),
        facts=facts(compared.sessions[0].host) if compared.sessions else {},
    )


def history_page(history: History, version: str) -> str:
    """Make the page: the chart, first and last, the machines."""
    return fill("history.html", version, history=history, drawing=draw_history(history), lines=track_lines(history))
