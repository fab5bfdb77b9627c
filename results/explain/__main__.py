"""Say what the experiments of a result file found: python -m results.explain FILE [--figures FOLDER]. Needs no root."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from results.errors import BadInput
from results.explain.effect import experiment
from results.explain.plan import ExplainPlan
from results.file import read
from results.reports.explain import explain_document
from results.reports.forms.page.experiment import write_figures
from results.reports.forms.terminal import Console, draw


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="draw the article's figures of the last one")
    arguments = parser.parse_args()
    held = read(arguments.file)
    sessions = [session for session in held.sessions if "explain" in session.plan]
    if not sessions:
        raise BadInput(f"{arguments.file} holds no experiment; make one with: bench explain")
    for session in sessions:
        trials = [trial for trial in held.trials if trial.session == session.id]
        found = experiment(ExplainPlan.from_json(session.plan), trials)
        draw(explain_document(found), Console())
    if arguments.figures is not None:
        for path in write_figures(found, arguments.figures):
            print(path, file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        print(error, file=sys.stderr)
        sys.exit(2)
