"""Trials as a pyperf suite, so that `python -m pyperf show`, `stats`, `hist` and `compare_to` work on them."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyperf

from results.errors import BadInput
from results.metrics import COMPARED
from results.scorecard.labels import apart
from results.scorecard.report import Report
from results.scorecard.rows import Row
from results.session import Session
from results.trial import Trial
from results.units import NANOSECONDS

# Times per event. pyperf counts in seconds and has no place for zero.
_TIMES = tuple(metric for metric in COMPARED if metric.unit is NANOSECONDS)


def pyperf_suite(report: Report) -> tuple[bytes, str]:
    """Make a suite of one benchmark per metric and variant, one run per trial, and say how to compare it.

    Raises BadInput when there is no time.
    """
    left_out: list[str] = []
    sessions = {session.id: session for session in report.sessions}
    names = apart([row.label for row in report.rows], [row.setting for row in report.rows])
    named = zip(report.rows, names, strict=True)
    benchmarks = [each for row, name in named for each in _benchmarks(row, name, sessions, left_out)]
    if not benchmarks:
        raise BadInput("no trial in these files has a time per event, and pyperf suites hold nothing else")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suite.json"
        pyperf.BenchmarkSuite(benchmarks).dump(str(path))
        return path.read_bytes(), _caution(benchmarks, left_out)


def _caution(benchmarks: Sequence[pyperf.Benchmark], left_out: Sequence[str]) -> str:
    """Say where pyperf takes every difference for a significant one: nothing in what it prints does."""
    counts = sorted({benchmark.get_nvalue() for benchmark in benchmarks})
    missing = f"; left out, since pyperf holds only times above 0: {', '.join(left_out)}" if left_out else ""
    return (
        f"the benchmarks hold {' or '.join(map(str, counts))} values, one a valid trial; where the other suite holds "
        "another number, pyperf compare_to makes no test, and its table shows every difference: bench compare tests "
        f"those too{missing}"
    )


def _benchmarks(
    row: Row, name: str, sessions: Mapping[str, Session], left_out: list[str]
) -> Iterator[pyperf.Benchmark]:
    """Yield a benchmark for each time of a row; name on `left_out` what pyperf cannot hold."""
    for each in _TIMES:
        values = [(trial, value) for trial in row.measured(each) if (value := each.value(trial)) is not None]
        title = f"{name} {each.name}"
        runs = [_run(title, value, trial, sessions.get(trial.session)) for trial, value in values if value > 0]
        if runs:
            yield pyperf.Benchmark(runs)
        if len(runs) < len(values):
            left_out.append(f"{len(values) - len(runs)} of {len(values)} values of {title}")


def _run(name: str, nanoseconds: float, trial: Trial, session: Session | None) -> pyperf.Run:
    metadata = {"name": name, "unit": "second", "bench_trial": trial.number, "traffic": trial.setting.traffic}
    if session is not None:
        names = {"cpu_model": "cpu_model_name", "python": "python_version", "kernel": "platform", "commit": "commit_id"}
        metadata |= {ours: str(value) for fact, ours in names.items() if (value := session.host.get(fact)) is not None}
    return pyperf.Run([nanoseconds * 1e-9], metadata=metadata, collect_metadata=False)
