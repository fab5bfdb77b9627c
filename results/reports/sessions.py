"""Where and how sessions ran, as reports of every question end."""

from collections.abc import Sequence

from results.disturbance import disturbance, sentences
from results.reports.document import Code, Doubt, Facts, Line, Part, Section, Sentence, Table, cells, titled
from results.session import Difference, Session, facts
from results.trial import Trial

# Stands before a timing that was taken while the machine was not quiet.
DOUBTFUL = "~"


def machine(
    sessions: Sequence[Session], different: Sequence[Difference], found: tuple[Part, ...] = ()
) -> tuple[Section, ...]:
    """Say where sessions ran, in what the machines or the software differ, and what else was found there."""
    if not sessions:
        return ()
    unlike: tuple[Part, ...] = ()
    if different:
        warning = "The sessions did not run on the same machine, or not with the same software. These facts differ:"
        ids = [f"session {session.id}" for session in sessions]
        lines = tuple(Line(each.fact, cells(*each.values)) for each in different)
        unlike = ((Doubt(warning),), Table("fact", titled(*ids, words=ids), lines))
    return (Section("machine", "Machine", (*unlike, Facts(tuple(facts(sessions[0].host).items())), *found)),)


def commands_of(sessions: Sequence[Session]) -> tuple[Part, ...]:
    """Say when each session ran, its seed, and what was typed."""
    return tuple(Code(session.command, f"{session.started_at}, seed {session.seed}") for session in sessions)


def marked(text: str, doubtful: bool) -> str:
    """Write a number, marked if it is doubtful; none stays none."""
    return f"{DOUBTFUL}{text}" if doubtful and text else text


def disturbed(trials: Sequence[Trial], how_marked: str = f" (marked {DOUBTFUL})") -> tuple[Sentence, ...]:
    """Say how noisy the machine was, where it was."""
    found = disturbance(trials)
    return tuple((Doubt(sentence),) for sentence in sentences(found, how_marked)) if found else ()
