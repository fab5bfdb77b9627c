"""Compute the verdict of a check again, from the trials of its result file and its recorded coin alone.

Each trial's ledger is balanced again, each block's order is held against its coin, and the tests run anew; nothing that
the check said is believed. Exit status as of check: 0 OK, 1 REGRESSED, 3 INCONCLUSIVE, and 2 for a file that is torn,
foreign, or not what it claims to be.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.commands.parts import outcome_files
from results.check.outcome import Outcome
from results.check.plan import check_of, judge_session
from results.check.verdict import wanted_blocks
from results.errors import BadInput
from results.file import ResultFile, read
from results.session import Session

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="RESULT", help="the result file of a check")
    parser.add_argument("--session", metavar="ID", help="which check of the file (default: the last)")
    outcome_files.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    held = read(arguments.file)
    if held.problems:
        raise BadInput(f"{arguments.file} is not whole: {held.problems[0]}")
    outcome = _verify(held, _session(held, arguments.session))
    outcome_files.Reports(arguments).write(outcome)
    return outcome_files.STATUS[outcome.verdict]


def _session(held: ResultFile, identity: str | None) -> Session:
    checks = [session for session in held.sessions if "check" in session.plan]
    if identity is not None:
        checks = [session for session in checks if session.id == identity]
    if not checks:
        raise BadInput(f"{held.path} holds no check{'' if identity is None else f' {identity}'}")
    return checks[-1]


def _verify(held: ResultFile, session: Session) -> Outcome:
    trials = [trial for trial in held.trials if trial.session == session.id]
    for trial in trials:
        if trial.valid and (wrong := trial.ledger.imbalance()):
            raise BadInput(f"trial {trial.number} is stored as valid, but its ledger does not balance: {wrong[0]}")
    check = check_of(session)
    unfinished = wanted_blocks(check.gate, check.blocks(session.seed, trials))
    return Outcome(
        session=session,
        check=check,
        judgements=judge_session(session, trials),
        trials=tuple(trials),
        warnings=("the check was stopped before it was done",) if unfinished else (),
        result_file=str(held.path),
    )
