"""The tracks of a history in lines, each with a small chart."""

from dataclasses import replace

from results.brief import Names
from results.history import History, Track, changes
from results.reports.document import (
    Document,
    Drawing,
    Facts,
    Heading,
    Line,
    Quiet,
    Section,
    Sentence,
    Table,
    cells,
    spark,
    titled,
)
from results.reports.names import key_to
from results.reports.sessions import disturbed, marked

_LONGEST_SPARK = 24
"""Sessions that fit beside the numbers on a narrow terminal: the last ones."""


def history_document(history: History) -> Document:
    """Show a line a track, then the machines if there are several."""
    names = Names(trial.setting.mode for trial in history.trials)
    tracks = tuple(replace(track, label=names.brief(track.label)) for track in history.tracks)
    history, column = replace(history, tracks=tracks), history.column
    table = Table(
        "variant",
        (*titled("machine", "sessions", "first", "last", "change"), Heading("", words=True)),
        tuple(_line(history, track) for track in history.tracks),
        narrow="labels",
    )
    better = f"; {column.better} is better" if column.better else ""
    means: tuple[Sentence, ...] = ((f"{column.means}{better}.",),) if column.means else ()
    noise = disturbed(history.trials) if column.timing or column.shared else ()
    return Document(
        ((f"{column.title} over {len(history.sessions)} sessions",),),
        (table, *key_to(names), *_machines(history), *noise),
        sections=(
            Section(
                "history",
                "Sessions in the order they ran",
                (
                    *means,
                    (Quiet("Medians with intervals; machines are kept apart."),),
                    Drawing("history_chart", history),
                ),
            ),
            Section("numbers", "First and last", (table, *key_to(names), *noise)),
            *(
                Section(f"machine-{number}", f"machine {number}", (Facts(tuple(machine.items())),))
                for number, machine in enumerate(history.machines, start=1)
            ),
        ),
        name="bench history",
        problems=history.problems,
    )


def _machines(history: History) -> tuple[Sentence, ...]:
    """Say of each machine in what it differs from the others, if there are several."""
    said = []
    for number, machine in enumerate(history.machines, start=1):
        others = [other for other in history.machines if other is not machine]
        telling = {name: value for name, value in machine.items() if any(o.get(name) != value for o in others)}
        said.append((f"machine {number}: {', '.join(f'{name} {value}' for name, value in telling.items())}",))
    return tuple(said) if len(said) > 1 else ()


def _line(history: History, track: Track) -> Line:
    values = [point.value.median for point in track.points]
    change = changes(track.points)
    low, high = min(values), max(values)
    shares = [(value - low) / (high - low) if high > low else 3 / 7 for value in values[-_LONGEST_SPARK:]]
    ends = (track.points[0], track.points[-1])
    first, last = (marked(history.column.write(point.value.median), point.doubtful) for point in ends)
    changed = "–" if change is None or len(values) == 1 else f"{change * 100:+.3g} %"
    texts = (str(track.machine + 1), str(len(values)), first, last, changed, spark(shares))
    return Line(track.label, cells(*texts))
