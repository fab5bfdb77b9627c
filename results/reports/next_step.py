"""How a run ends: what to conclude from it, and what to type next."""

import shlex
from collections.abc import Collection, Sequence

from results import units
from results.reports.document import Name, Sentence
from results.scorecard.labels import USUAL_CHANNELS, USUAL_TRAFFIC
from results.scorecard.rows import Row, rows
from results.scorecard.variants import lost_any, offered
from results.trial import Setting, Trial

_PAGE = "report @-1 --html report.html", "the same as a page, with drawings"


def last_lines(trials: Sequence[Trial], launcher: str) -> tuple[Sentence, Sentence]:
    """Make a line of what follows from a run, and one of a command, with the words that start bench here."""
    found = rows(trials)
    command, tells = _next(found)
    doubt = "; times marked ~ are doubtful" if any(row.disturbed_trials for row in found) else ""
    return ("so:   ", *_conclusion(found), doubt), ("next: ", Name(f"{launcher} {command}"), f"   {tells}")


def _conclusion(found: Sequence[Row]) -> Sentence:
    if not found or any(row.invalid for row in found):
        return ("nothing yet: a trial was invalid, for the reason given above",)
    counted = [row for row in found if row.timed and not row.black_box]
    if not counted:
        box = any(row.black_box for row in found)
        return (
            "losses of a black box are not known" if box else "drain says how fast it could be; no load was offered",
        )
    if (untold := _untold(found)) is not None:
        return (untold[0],)
    loads = {row.setting.intended_load for row in counted}
    if None in loads:
        return ("with an unpaced sender the rate is that of sender and consumer together, and no limit of either",)
    at = f"{units.quantity(max(filter(None, loads)))} drops/s" if len(loads) == 1 else "the loads offered"
    at += _how({(row.setting.shape, row.setting.stall_s) for row in counted})
    kept = sum(not lost_any(row) for row in counted)
    if len(counted) == 1:
        return (Name(counted[0].label), f" {'keeps' if kept else 'does not keep'} up with {at} on this machine")
    many = "none" if not kept else f"all {kept}" if kept == len(counted) else f"{kept} of {len(counted)}"
    return (f"{many} keep up with {at} on this machine",)


def _untold(found: Sequence[Row]) -> tuple[str, str] | None:
    """Say why losses tell nothing of the consumer, if they do not, and what `bench doctor` finds out about that."""
    if _short(found):
        said = "fewer drops were offered than asked for; nothing is known about more"
        return said, "what keeps this machine from sending as much"
    if any(row.timed and row.disturbed_trials and lost_any(row) for row in found):
        said = "drops were lost while other work took the CPUs: nothing is known of this machine when it is quiet"
        return said, "what makes this machine noisy"
    return None


def _how(loads: Collection[tuple[str, float | None]]) -> str:
    """Say what of a load is not as usual: it came unevenly, or bench stopped the consumer meanwhile."""
    shapes = sorted({shape for shape, _ in loads} - {"constant"})
    stalls = sorted({stall_s for _, stall_s in loads if stall_s})
    said = f" (--shape {'/'.join(shapes)})" if shapes else ""
    return said + (f" when stopped for {'/'.join(f'{stall_s * 1e3:g}' for stall_s in stalls)} ms" if stalls else "")


def _short(found: Sequence[Row]) -> bool:
    """Tell whether some load was not offered as it was asked for, also where no single trial is held against it."""
    paced = [row for row in found if row.timed and row.setting.intended_load is not None]
    return any(row.limited_by == "generator" or offered(row) < (row.setting.intended_load or 0.0) for row in paced)


def _next(found: Sequence[Row]) -> tuple[str, str]:
    if not found or any(row.invalid for row in found):
        return "doctor", "what this machine lacks, or what makes it noisy"
    if (untold := _untold(found)) is not None:
        return "doctor", untold[1]
    row, *others = found
    setting = row.setting
    if others or setting.foreign is not None or row.black_box:
        return _PAGE
    if not row.timed:
        return f"run {_consumer(setting)}", "the same consumer under a load of real drops"
    if lost_any(row) and setting.reader == "callback":
        load = "max" if setting.intended_load is None else f"{setting.intended_load:.10g}"
        return f"run {_consumer(setting, reader='both')} --rate {load}", "whether it keeps up when it reads in batches"
    return f"capacity {_consumer(setting)} --quick", "the highest load that it handles"


def _consumer(setting: Setting, reader: str | None = None) -> str:
    """Write the options that choose this consumer and its drops, where they are not the usual ones."""
    reader = reader or (None if setting.reader == "batch" else setting.reader)
    words = ["--mode", setting.mode]
    words += ["--reader", reader] if reader is not None else []
    words += ["--channel", setting.channel] if setting.channel not in USUAL_CHANNELS else []
    words += ["--program", setting.program] if setting.program is not None else []
    sent = setting.trial_kind == "load" and setting.traffic != USUAL_TRAFFIC
    words += ["--traffic", setting.traffic] if sent else []
    return shlex.join(words)
