"""The outcome of a check in words and rows, the worst first."""

from results import units
from results.brief import Names
from results.check.blocks import Arm
from results.check.gate import looks_of
from results.check.outcome import Outcome
from results.check.verdict import Judgement, Verdict
from results.reports.document import (
    Bad,
    Cell,
    Document,
    Doubt,
    Good,
    Heading,
    Line,
    Name,
    Quiet,
    Sentence,
    Strong,
    Table,
    cells,
    titled,
)
from results.reports.names import key_to
from results.reports.sessions import DOUBTFUL, marked
from results.reports.why import why_parts, why_screen, why_words

TONES: dict[Verdict, type[str]] = {Verdict.REGRESSED: Bad, Verdict.OK: Good, Verdict.INCONCLUSIVE: Doubt}


def check_document(outcome: Outcome) -> Document:
    """Say what was compared, the verdicts, and what the gate is worth here."""
    check = outcome.check
    names = Names(each.gated.mode for each in outcome.judgements)
    reasons = tuple(dict.fromkeys(reason for each in outcome.worst_first if (reason := _reason(each))))
    remarks: tuple[Sentence, ...] = tuple((remark,) for remark in _remarks(outcome))
    recompute: tuple[Sentence, ...] = ()
    if outcome.result_file is not None:
        recompute = (("recompute: ", Name(f"bench verify {outcome.result_file}")),)
    table = Table(
        "mode",
        (
            *titled("metric", words=("metric",)),
            Heading("verdict", "verdict", words=True),
            *titled("B relative to A", "limit", "A", "B", "blocks"),
        ),
        tuple(_line(outcome, judgement, names, reasons) for judgement in outcome.worst_first),
        reasons,
        rest="more metrics, none worse",
    )
    why = () if outcome.why is None else why_parts(outcome.why, names)
    verdict = TONES[outcome.verdict](outcome.verdict)
    arms = ((f"A (baseline): {check.arm_a}",), (f"B (candidate): {check.arm_b}",))
    return Document(
        arms,
        (table, *key_to(names), *why, *remarks, *recompute),
        screen=(
            (),
            *(_two_lines(outcome, judgement, names) for judgement in outcome.worst_first),
            (),
            *key_to(names),
            *((*why_screen(outcome.why, names), ()) if outcome.why is not None else ()),
            *((Quiet(remark),) for (remark,) in remarks),
            ("check: ", verdict),
        ),
        name="bench check",
        title=f"bench check: {outcome.verdict}",
        made_at=outcome.session.started_at,
    )


def _line(outcome: Outcome, judgement: Judgement, names: Names, reasons: tuple[str, ...]) -> Line:
    gated, why = judgement.gated, _reason(judgement)
    a, b = _arm_value(outcome, judgement, "A"), _arm_value(outcome, judgement, "B")
    change, limit, of = change_of(judgement), limit_of(judgement), relation_of(judgement)
    verdict = TONES[judgement.verdict](judgement.verdict)
    said = (
        f"{gated.mode} {gated.metric.name}: {verdict}, {of} {change}, limit {limit}; A {a}, B {b}; "
        f"{judgement.blocks} blocks"
    )
    return Line(
        names.brief(gated.mode),
        (
            Cell(Name(gated.metric.name)),
            Cell(verdict, notes=(reasons.index(why) + 1,) if why else ()),
            *cells(change, limit, a, b, str(judgement.blocks)),
        ),
        says=(f"{said}; {why}" if why else said,),
        whole=gated.mode,
        more=why_words(outcome.why) if outcome.why is not None and outcome.why.gated == gated else (),
    )


def _two_lines(outcome: Outcome, judgement: Judgement, names: Names) -> Sentence:
    gated, why = judgement.gated, _reason(judgement)
    a, b = _arm_value(outcome, judgement, "A"), _arm_value(outcome, judgement, "B")
    return (
        TONES[judgement.verdict](f"{judgement.verdict!s:<12} "),
        Strong(f"{names.brief(gated.mode)} {gated.metric.name}"),
        f"  {relation_of(judgement)} {change_of(judgement)}, limit {limit_of(judgement)}",
        "\n",
        f"{'':<13}A {a}, B {b}, {judgement.blocks} blocks",
        f"; {why}" if why else "",
    )


def relation_of(judgement: Judgement) -> str:
    """Say how B is held against A."""
    return "B / A" if judgement.gated.gate.scale == "ratio" else "B - A"


def change_of(judgement: Judgement) -> str:
    """Write B relative to A with its interval: a ratio, or percentage points."""
    if judgement.estimate is None:
        return "–"
    low, high = _end(judgement, judgement.low, "less"), _end(judgement, judgement.high, "more")
    return f"{relative(judgement, judgement.estimate)} [{low}, {high}]"


def limit_of(judgement: Judgement) -> str:
    """Write what B may be relative to A."""
    return relative(judgement, judgement.limit)


def _arm_value(outcome: Outcome, judgement: Judgement, arm: Arm) -> str:
    """Write the median of an arm in the metric's unit."""
    value = judgement.median_a if arm == "A" else judgement.median_b
    return "–" if value is None else marked(judgement.gated.metric.write(value), outcome.doubtful(judgement.gated, arm))


def _reason(judgement: Judgement) -> str:
    """Say why there is no verdict and what would bring one; empty where there is one."""
    if judgement.because is None:
        return ""
    if judgement.more_blocks is None or judgement.more_s is None:
        return judgement.because
    more, seconds = judgement.more_blocks, units.seconds(judgement.more_s)
    return (
        f"{judgement.because}; about {more} more blocks ({seconds}) would decide: "
        f"plan the next check with --blocks {judgement.blocks + more}"
    )


def relative(judgement: Judgement, value: float) -> str:
    """Write a number that is B relative to A."""
    if judgement.gated.gate.scale == "ratio":
        return f"{value:.3f}"
    return f"{value * 100:+.3f} pp"


def _end(judgement: Judgement, value: float | None, unbounded: str) -> str:
    return f"any {unbounded}" if value is None else relative(judgement, value)


def _remarks(outcome: Outcome) -> list[str]:
    """Say in sentences what a reader must know to trust the verdicts."""
    gate = outcome.check.gate
    said = [
        f"alpha {gate.alpha:g} over all metrics that are gated ({gate.family_size}, by Holm) and all looks "
        f"({looks_of(gate)}); seed {outcome.session.seed}"
    ]
    if not outcome.check.interleaved:
        said.append(
            "weaker: the baseline is a stored result, not interleaved and not in pairs, so whatever changed on this "
            "machine since then is part of the ratio"
        )
    said += _windows(outcome)
    if outcome.set_aside("A") or outcome.set_aside("B"):
        said.append(
            f"trials set aside, because they were invalid or had another load: {outcome.set_aside('A')} of A, "
            f"{outcome.set_aside('B')} of B; their whole blocks were run again"
        )
    if outcome.disturbed("A") or outcome.disturbed("B"):
        said.append(
            f"the machine was not quiet in {outcome.disturbed('A')} trials of A, {outcome.disturbed('B')} of B: the "
            "verdict stays valid, because both arms met the same noise in random order, but it takes more blocks; the "
            f"times of A and B (marked {DOUBTFUL}) are doubtful"
        )
    return [*said, *_certified(outcome), *outcome.warnings]


def _windows(outcome: Outcome) -> list[str]:
    """Say in how many windows the pairs were measured, and what of them was left out."""
    pairs = [one for one in outcome.judgements if one.windows is not None]
    if not pairs:
        return []
    windows = " and ".join(map(str, sorted({one.windows for one in pairs if one.windows is not None})))
    warm_up = max(one.warm_up or 0 for one in pairs)
    void = max(one.void or 0 for one in pairs)
    left_out = [f"at most {warm_up} at the beginning of a pair, warming up"] if warm_up else []
    left_out += [f"{void} beside a void one"] if void else []
    said = f"in pairs of processes, {windows} windows of each arm by turns"
    return [f"{said}; left out: {', '.join(left_out)}" if left_out else said]


def _certified(outcome: Outcome) -> list[str]:
    certificate = outcome.certificate
    if certificate is None:
        return [
            "no certificate for this host and plan: how often this gate is wrong here is unknown; run bench certify"
        ]
    said = [
        f"certified on this host ({certificate.made_at[:10]}): false alarms in {certificate.gates_with_false_alarm} of "
        f"{certificate.gates} gates of A against A, so at most {units.percent(certificate.false_alarms_at_most)} "
        "(exact, 95 %)"
    ]
    for judgement in outcome.judgements:
        entry = certificate.entry(judgement.gated.mode, judgement.gated.metric.name)
        if entry is not None and entry.detectable is not None and entry.surely_found is not None:
            said.append(
                f"{entry.gated.mode} {entry.gated.metric.name}: detects {units.percent(entry.detectable)}, and "
                f"surely calls {units.percent(entry.surely_found)} REGRESSED"
            )
    return said
