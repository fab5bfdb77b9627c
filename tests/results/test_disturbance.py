"""A machine that was not quiet: what is marked, what is not, and what is said of it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.__main__ import main
from results.disturbance import disturbance, sentences
from results.file import ResultWriter
from results.reports.document import Bad
from results.reports.forms.page.drawings.others import draw as draw_others
from results.reports.forms.terminal import Console, draw
from results.reports.run import run_document
from results.reports.scorecard import summarise
from results.scorecard.report import load
from results.scorecard.rows import rows
from results.scorecard.variants import variants
from results.trial import Trial
from tests.results import made_up

STEAL = ("the host took 12.0% of the CPU time (steal), more than --steal-limit 5.0%",)


def noisy(number: int, mode: str = "file", steal: float = 0.12, foreign: float = 0.5, **changes: Any) -> Trial:
    trial = made_up.trial(mode, number, disturbed_because=STEAL, **changes)
    trial.metrics.update(steal_ratio=steal, foreign_ratio=foreign)  # type: ignore[attr-defined] # the dict it was made with
    return trial


def printed(trials: list[Trial], width: int = 120) -> str:
    out = io.StringIO()
    draw(run_document(trials), Console(file=out, width=width, no_color=True))
    return out.getvalue()


def test_a_disturbed_trial_counts_and_its_timings_are_marked() -> None:
    """All its numbers are used; a time, rate or cost carries a mark, what the ledger says does not."""
    row = rows([made_up.trial("file", 1), noisy(2)])[0]
    assert len(row.timed) == 2
    summary = summarise(variants([row]))
    (line,) = summary.lines
    marked = {heading.name for heading, cell in zip(summary.headings, line.cells, strict=True) if cell and cell.notes}
    assert {"cpu_ns_per_event", "age_p99_ns", "gc_pause_max_s", "allocations_per_event"} <= marked
    assert not marked & {"loss_ratio", "offered_load", "rss_peak_bytes"}
    said = printed([made_up.trial("file", 1), noisy(2)])
    assert "2, 1 disturbed" in said
    costs = next(line for line in said.splitlines() if "µs" in line or "ms" in line)
    assert costs.count("~") >= 3  # age, CPU, collector
    assert "Times, rates, costs per event (marked ~) are doubtful" in " ".join(said.split())
    assert "warning" not in said


def test_a_quiet_run_says_nothing_of_it(tmp_path: Path) -> None:
    """No mark, no sentence, no drawing."""
    quiet = [made_up.trial("file", number) for number in (1, 2)]
    assert disturbance(quiet) is None
    with ResultWriter(tmp_path / "quiet.jsonl") as writer:
        for trial in quiet:
            writer.trial(trial)
    assert draw_others(load([tmp_path / "quiet.jsonl"])) is None
    assert "~" not in printed(quiet)
    assert "quiet" not in printed(quiet)


def test_it_is_said_how_noisy_it_was_and_which_numbers_to_trust() -> None:
    """The highest shares, a picture over time in the order the trials ran, what to trust, and the cure."""
    found = disturbance([noisy(3, foreign=0.99), made_up.trial("file", 1), noisy(2)])
    assert found is not None
    first, second = sentences(found)
    assert first == (
        "The machine was not quiet in 2 of 3 trials. Of the CPUs, trial by trial: "
        "the host (steal) ·▁▁ up to 12 %, other processes ·▅█ up to 99 %."
    )
    assert "Trust the ledger" in second
    assert "bench doctor" in second


@pytest.mark.parametrize(("ratios", "most"), [((0.113,), "11.3 %"), ((0.0, 0.5, 0.02), "50 %"), ((0.0, 0.0), None)])
def test_a_quota_is_told_with_its_own_cure(ratios: tuple[float, ...], most: str | None) -> None:
    """Where CPU time is rationed, nothing else need run here: to stop it would help nobody."""
    trials = [noisy(number) for number in range(len(ratios))]
    trials = [
        replace(trial, metrics={**trial.metrics, "throttled_ratio": ratio})
        for trial, ratio in zip(trials, ratios, strict=True)
    ]
    found = disturbance(trials)
    assert found is not None
    first, second = sentences(found)
    assert first.endswith(f" A CPU quota held us back for up to {most} of one CPU's time.") == (most is not None)
    assert ("Take the quota away." in second) == (most is not None)


def test_a_long_session_is_drawn_by_its_worst_trials() -> None:
    """However many trials, the picture fits a line, and no noisy one is lost in it."""
    trials = [noisy(number, foreign=0.97 if number == 77 else 0.0) for number in range(400)]
    found = disturbance(trials)
    assert found is not None
    picture = sentences(found)[0].split("other processes ")[1].split(" ")[0]
    assert len(picture) == 40
    assert picture.count("█") == 1


def test_a_machine_too_short_to_tell_has_no_picture() -> None:
    """Shares that are absent are not drawn as none."""
    found = disturbance([made_up.trial("file", 1, disturbed_because=STEAL)])
    assert found is not None
    assert sentences(found)[0] == "The machine was not quiet in 1 of 1 trials."


def test_an_invalid_trial_is_not_counted_among_the_disturbed() -> None:
    """It is in no number, so that nothing of it is in doubt."""
    spoilt = noisy(1, invalid_because=("it died",))
    assert not spoilt.disturbed
    assert disturbance([spoilt]) is None


@pytest.mark.parametrize("many", [3, 9])
def test_a_loss_in_any_trial_is_in_the_first_line_and_in_the_row(many: int) -> None:
    """One trial of several lost 32,218 drops: the median is 0, and does not hide it."""
    trials = [made_up.trial("file", number, lost=32_218 if number == 2 else 0) for number in range(1, many + 1)]
    said = printed(trials)
    assert f"file lost 6.44 % in 1 of {many} trials" in said.splitlines()[0]
    assert "0, worst 32.2k 6.44 %" in said
    (line,) = summarise(variants(rows(trials))).lines
    (loss,) = [cell for cell in line.cells if cell and isinstance(cell.text, Bad)]
    assert loss.text == "0 % (worst trial 6.44 %)"


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((10_000, 20_000, 400_000), "20k 4 % (worst 80 %)"),
        ((20_000, 10_000, 20_001), "20k 4 %"),
        ((20_000,), "20k 4 %"),
    ],
    ids=["one lost most of it", "alike", "alone"],
)
def test_the_worst_trial_stands_beside_a_median_that_is_not_zero(
    losses: tuple[int, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the first line, in the row, on the page and for the eye; where it reads alike, once is enough."""
    trials = [made_up.trial("file", number, lost=lost) for number, lost in enumerate(losses, start=1)]
    in_words = said.partition(" ")[2]
    printed_so = printed(trials)
    assert f"file lost {in_words}." in printed_so.splitlines()[0]
    assert f" {said} " in printed_so
    (line,) = summarise(variants(rows(trials))).lines
    (loss,) = [cell for cell in line.cells if cell and isinstance(cell.text, Bad)]
    assert loss.text == ("4 % (20k, worst trial 80 %)" if "worst" in said else "4 % (20k)")
    file, page = recorded(tmp_path / "a.jsonl", trials), tmp_path / "page.html"
    more = [made_up.trial("file", 9, intended_load=200_000.0)]
    both = recorded(tmp_path / "b.jsonl", [*trials, *more])
    assert main(["report", str(both), "--html", str(page)]) == 0
    assert f"{in_words} lost" in page.read_text()
    # The block stands for the worst: one of 80 % is full, one of 4 % is not.
    assert ("█·" in capsys.readouterr().out) == ("worst" in said)
    assert main(["compare", str(file), str(file)]) == 0
    assert f"{in_words}" in capsys.readouterr().out


@pytest.mark.parametrize("losses", [(0, 32_218, 0), (0, 0, 0), (5_000, 32_218, 5_000)], ids=["one", "none", "all"])
def test_json_has_the_loss_of_the_worst_trial(
    losses: tuple[int, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the median, which says 0, or little."""
    file = recorded(tmp_path / "a.jsonl", [made_up.trial("file", at, lost=lost) for at, lost in enumerate(losses, 1)])
    assert main(["report", str(file), "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert row["loss_ratio_worst"] == pytest.approx(max(losses) / 500_000, rel=0.01)
    assert row["loss_ratio"] == pytest.approx(sorted(losses)[1] / 500_000, rel=0.01)


def test_what_limited_one_trial_limited_the_row() -> None:
    """ "limited by nothing" is said only where it is true of each trial."""
    trials = [made_up.trial("file", number, limited_by="consumer" if number == 1 else None) for number in (1, 2, 3)]
    assert rows(trials)[0].limited_by == "consumer"
    assert rows(trials[1:])[0].limited_by == "nothing"


def recorded(path: Path, trials: list[Trial]) -> Path:
    """Write a result file of one session."""
    with ResultWriter(path) as writer:
        writer.session(made_up.session(id=path.stem))
        for trial in trials:
            writer.trial(replace(trial, session=path.stem))
    return path


@pytest.mark.parametrize("form", ["terminal", "markdown", "page"])
def test_a_timing_is_marked_wherever_it_is_quoted(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the sentences above the tables as in these; what is exact, and a mode that ran on a quiet machine, are not."""
    quiet = [made_up.trial("epoll", number) for number in (1, 2, 3)]
    file = recorded(tmp_path / "a.jsonl", [*quiet, *(noisy(number) for number in (4, 5, 6))])
    words = {"terminal": [], "markdown": ["--markdown"], "page": ["--html", str(tmp_path / "page")]}[form]
    assert main(["report", str(file), *words]) == 0
    said = (tmp_path / "page").read_text() if form == "page" else capsys.readouterr().out
    text = " ".join(re.sub(r"<[^>]+>|[`\\\\]", "", said).split())
    (cost,) = re.findall(r"CPU time per event was lowest with .*?\)\.", text)
    (age,) = re.findall(r"99 % of the events consumed were handled soonest by .*?\)\.", text)
    for sentence in (cost, age):
        assert re.search(r"epoll[^(]*\([0-9]", sentence), sentence
        assert re.search(r"file[^(]*\(~[0-9]", sentence), sentence
    assert "kept up: no drop was lost" in text
    assert "Times, rates, costs per event (marked ~) are doubtful" in text


def test_json_names_the_doubtful_numbers_of_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program sees what a reader sees by the mark."""
    file = recorded(tmp_path / "a.jsonl", [made_up.trial("epoll"), noisy(2)])
    assert main(["report", str(file), "--json"]) == 0
    rows = {row["label"].split()[0]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["epoll"]["doubtful"] == []
    assert {"cpu_ns_per_event", "age_p99_ns"} <= set(rows["file"]["doubtful"])
    assert not {"loss_ratio", "offered_load", "rss_peak_bytes"} & set(rows["file"]["doubtful"])


def test_a_comparison_and_a_history_mark_the_side_that_was_not_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what follows from it: the change."""
    a = recorded(tmp_path / "a.jsonl", [noisy(number) for number in (1, 2, 3)])
    b = recorded(tmp_path / "b.jsonl", [made_up.trial("file", number) for number in (1, 2, 3)])
    assert main(["compare", str(a), str(b), "--markdown"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "CPU/event" in line and line.startswith("|"))
    _, _, _, of_a, of_b, change, *_ = (cell.strip().replace("\\", "") for cell in row.split("|"))
    assert (of_a[0], of_b[0], change[0]) == ("~", of_b.lstrip("~")[0], "~")
    assert main(["history", str(tmp_path), "--markdown", "--metric", "cpu_ns_per_event"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "file" in line and line.startswith("|"))
    _, _, _, _, first, last, *_ = (cell.strip().replace("\\", "") for cell in row.split("|"))
    assert sorted(cell.startswith("~") for cell in (first, last)) == [False, True]


@pytest.mark.parametrize("form", ["terminal", "markdown", "page"])
@pytest.mark.parametrize("command", ["compare", "history"])
def test_what_holds_sessions_together_says_it_too(
    command: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change between two sessions of a noisy machine may be the machine's."""
    for name, made in (("a", noisy), ("b", made_up.trial)):
        with ResultWriter(tmp_path / f"{name}.jsonl") as writer:
            writer.session(made_up.session(id=name))
            for number in range(3):
                writer.trial(replace(made(number=number), session=name))
    files = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")] if command == "compare" else [str(tmp_path)]
    words = {"terminal": [], "markdown": ["--markdown"], "page": ["--html", str(tmp_path / "page")]}[form]
    assert main([command, *files, *words]) == 0
    said = (tmp_path / "page").read_text() if form == "page" else capsys.readouterr().out
    assert "The machine was not quiet in 3 of 6 trials" in " ".join(said.split())
