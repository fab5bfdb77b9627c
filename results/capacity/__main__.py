"""Say what the capacity sessions of a result file found: python -m results.capacity FILE. Needs no root."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from results.capacity.plan import CapacityPlan
from results.capacity.survey import replay, survey
from results.capacity.words import print_capacities
from results.store import read


def main(path: Path) -> int:
    held = read(path)
    sessions = [session for session in held.sessions if "capacity" in session.plan]
    if not sessions:
        raise ValueError(f"{path} holds no capacity search; make one with: sudo bench capacity --mode NAME")
    for session in sessions:
        trials = [trial for trial in held.trials if trial.session == session.id]
        try:
            print_capacities(list(survey(CapacityPlan.from_json(session.plan), replay(trials))), Console())
        except EOFError as error:
            raise ValueError(f"session {session.id}: {error}; go on with: {session.command} --resume") from error
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except ValueError as error:
        sys.exit(str(error))
