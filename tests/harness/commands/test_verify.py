"""bench verify replays every plan of a result file, whichever version wrote it, and says what a replay comes to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands.parts.status import BAD_INPUT, DONE, INVALID_TRIAL

RESULTS = Path(__file__).resolve().parents[3] / "docs/results"

EACH = [
    "all-modes.jsonl", "advice.jsonl", "advice-channels.jsonl", "capacity-large-ring.jsonl", "explain-again.jsonl",
]  # fmt: skip


def lines(name: str) -> list[str]:
    return (RESULTS / name).read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("all-modes.jsonl", "aggregate"),
        ("consumers.jsonl", "paced"),
        ("metrics.jsonl", "callback"),
        ("advice.jsonl", "to survive a stall of"),
        ("advice-channels.jsonl", "Advised: --channel ring --ring-size 1048576 (1 MiB)"),
        ("capacity-all.jsonl", "PDR"),
        ("capacity-callback.jsonl", "PDR"),
        ("capacity-synthetic.jsonl", "PDR"),
        ("explain.jsonl", "In a closed loop, file looks faster than null"),
        ("explain-again.jsonl", "In a closed loop, file looks faster than null"),
    ],
)
def test_recorded_sessions_are_replayed_to_their_end(name: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs, searches, advice, experiments: each trial is the one that its plan asks for."""
    assert main(["verify", str(RESULTS / name)]) == DONE
    assert says in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["all-modes.jsonl", "advice.jsonl", "capacity-large-ring.jsonl", "explain-again.jsonl"]
)
def test_a_session_that_was_stopped_is_no_whole_one(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its end is missing: status 2, with the command that goes on."""
    path = tmp_path / name
    path.write_text("".join(lines(name)[:-1]))
    assert main(["verify", str(path)]) == BAD_INPUT
    assert "was not finished; go on with: sudo bench" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["all-modes.jsonl", "advice.jsonl", "capacity-large-ring.jsonl", "explain-again.jsonl"]
)
@pytest.mark.parametrize("change", ["one missing", "one of another setting", "one too many"])
def test_trials_that_a_plan_did_not_ask_for_are_told(
    name: str, change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that was changed afterwards is not what its plan led to."""
    session, *trials = lines(name)
    row = json.loads(trials[2])
    match change:
        case "one missing":
            del trials[2]
        case "one of another setting":
            trials[2] = json.dumps({**row, "gc": "off"}) + "\n"
        case "one too many":
            trials.append(json.dumps({**row, "number": 100_000}) + "\n")
    (tmp_path / name).write_text("".join([session, *trials]))
    assert main(["verify", str(tmp_path / name)]) == BAD_INPUT
    assert "plan" in capsys.readouterr().err


def test_invalid_trials_are_told_by_the_status(tmp_path: Path) -> None:
    """As of the session itself."""
    session, first, *rest = lines("all-modes.jsonl")
    broken = json.dumps({**json.loads(first), "valid": False, "invalid_because": ["the mode raised ValueError"]})
    (tmp_path / "r.jsonl").write_text("".join([session, f"{broken}\n", *rest]))
    assert main(["verify", str(tmp_path / "r.jsonl")]) == INVALID_TRIAL


def test_one_session_of_several_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """All are replayed; one is, by its identity."""
    path = str(RESULTS / "consumers.jsonl")
    all_of_them = [json.loads(line) for line in lines("consumers.jsonl") if json.loads(line)["type"] == "session"]
    assert main(["verify", path, "--session", all_of_them[1]["id"], "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["session"] == all_of_them[1]["id"]
    assert main(["verify", path, "--json"]) == DONE
    assert capsys.readouterr().out.count('"session"') == len(all_of_them)


@pytest.mark.parametrize("name", ["consumers.jsonl", "explain-again.jsonl"])
def test_a_verdicts_report_is_of_checks_alone(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no case to write down where nothing was gated."""
    assert main(["verify", str(RESULTS / name), "--junit", str(tmp_path / "j.xml")]) == BAD_INPUT
    assert "--junit is for a check" in capsys.readouterr().err
    assert not (tmp_path / "j.xml").exists()


def test_the_figures_of_an_experiment_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From its trials alone; a run has none."""
    assert main(["verify", str(RESULTS / "explain-again.jsonl"), "--figures", str(tmp_path / "f")]) == DONE
    assert {path.suffix for path in (tmp_path / "f").iterdir()} == {".svg"}
    assert main(["verify", str(RESULTS / "consumers.jsonl"), "--figures", str(tmp_path / "g")]) == BAD_INPUT
    assert "for an experiment" in capsys.readouterr().err


def test_trials_without_their_session_cannot_be_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """report shows them; what they were to answer nobody knows."""
    path = tmp_path / "r.jsonl"
    path.write_text(lines("all-modes.jsonl")[-1])
    assert main(["verify", str(path)]) == BAD_INPUT
    assert "without their session's line" in capsys.readouterr().err
