"""A metric over sessions: a panel per machine, a line per variant, with the interval of each session."""

from results.history import History, by_machine
from results.reports.forms.page.figure import Drawn, Sheet, drawn, label_ends, look, plain_log, series_colour

_SPAN = 20  # ratio of the highest value to the lowest from which the axis is logarithmic


def draw(history: History) -> Drawn:
    """Draw all tracks; machines are never in one panel."""
    says = f"{history.column.title} over {len(history.sessions)} sessions"
    panels = by_machine(history.tracks).values()
    height = max(340, *(90 + 15 * len(tracks) for tracks in panels))
    return drawn("history", says, lambda sheet: _plot(sheet, history), panels=len(panels), height=height)


def _plot(sheet: Sheet, history: History) -> None:
    colours = {label: place for place, label in enumerate(dict.fromkeys(track.label for track in history.tracks))}
    for axes, (machine, tracks) in zip(sheet.axes, by_machine(history.tracks).items(), strict=True):
        points = {point.session.key: point for track in tracks for point in track.points}
        here = [points[key] for key in sorted(points)]
        place = {point.session.id: x for x, point in enumerate(here)}
        ends = []
        for track in tracks:
            style = look(colours[track.label], colours[track.label] // 8)
            x = [place[point.session.id] for point in track.points]
            y = [point.value.median for point in track.points]
            axes.vlines(
                x, [point.value.low for point in track.points], [point.value.high for point in track.points],
                color=series_colour(colours[track.label]), linewidth=1,
            )  # fmt: skip
            key = f"s{colours[track.label]}v{colours[track.label] // 8}-{machine}"
            said = [
                f"{track.label}: {history.column.write(point.value.median)}, {point.session.started_at[:16]}, "
                f"{point.commit or 'no commit'}"
                for point in track.points
            ]
            axes.plot(x, y, gid=sheet.mark(key, said, track.label), **style)
            ends.append((y[-1], track.label, style))
        values = [point.value.median for track in tracks for point in track.points]
        if min(values) > 0 and max(values) / min(values) > _SPAN:
            plain_log(axes, "y", history.column.write)
        else:
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter(lambda value, _place: history.column.write(value))
        names = [f"{point.session.started_at[:10]}\n{(point.commit or '')[:9]}" for point in here]
        step = max(1, -(-len(names) // (3 if sheet.narrow else 8)))
        axes.set_xticks(range(0, len(names), step), names[::step])
        axes.set_title(f"{history.column.title}, machine {machine + 1}")
        label_ends(sheet, axes, ends)
