"""Say what the searches and the advice of a result file found: python -m results.capacity FILE. Needs no root."""

from __future__ import annotations

import sys
from pathlib import Path

from results.capacity.advice import AdvicePlan, advise
from results.capacity.plan import CapacityPlan, in_order
from results.capacity.survey import replay, survey
from results.errors import BadInput
from results.file import read
from results.reports.capacity import advice_document, capacity_document
from results.reports.forms.terminal import Console, draw


def main(path: Path) -> None:
    held = read(path)
    told = False
    for session in held.sessions:
        trials = [trial for trial in held.trials if trial.session == session.id]
        try:
            if "capacity" in session.plan:
                plan = CapacityPlan.from_json(session.plan)
                draw(capacity_document(list(survey(plan, replay(trials)))), Console())
            elif "advice" in session.plan:
                draw(advice_document(advise(AdvicePlan.from_json(session.plan), in_order(trials))), Console())
            else:
                continue
        except EOFError as error:
            raise BadInput(f"session {session.id}: {error}; go on with: {session.command} --resume") from error
        told = True
    if not told:
        raise BadInput(f"{path} holds no capacity search; make one with: bench capacity --mode NAME")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except BadInput as error:
        print(error, file=sys.stderr)
        sys.exit(2)
