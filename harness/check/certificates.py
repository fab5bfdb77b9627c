"""Where certificates are kept, and which of them holds for a check on this host."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.machine.caller import Caller, make_folder
from harness.recent import state_folder
from results.check.certificate import Certificate
from results.check.plan import Check
from results.output import write_file
from results.session import machine_of, same_machine


def folder_of(owner: Caller) -> Path:
    """Return the folder of the caller's certificates."""
    folder = state_folder(owner) / "certificates"
    make_folder(folder, owner)
    return folder


def store(certificate: Certificate, owner: Caller) -> Path:
    """Keep a certificate under a name that its host and plan give; a newer one of both takes its place."""
    row = certificate.to_json()
    about = json.dumps([machine_of(certificate.host), row["gate"], row["settings"]], sort_keys=True)
    path = folder_of(owner) / f"{hashlib.sha256(about.encode()).hexdigest()[:16]}.json"
    write_file(path, json.dumps(row, indent=1).encode() + b"\n")
    return path


def find(check: Check, host: Mapping[str, Any], owner: Caller) -> Certificate | None:
    """Return the newest certificate of this host that holds for all that the check measures; None if there is none.

    It must have looked after as many blocks with as much alpha, over a family at least as large: a larger one only
    makes the tests stricter, so what it says holds all the more.
    """
    found = [_load(path) for path in sorted(folder_of(owner).glob("*.json"))]
    fitting = [one for one in found if one is not None and same_machine(one.host, host) and _covers(one, check)]
    return max(fitting, key=lambda one: one.made_at, default=None)


def _covers(certificate: Certificate, check: Check) -> bool:
    theirs, ours = certificate.gate, check.gate
    return (
        (theirs.alpha, theirs.looks, theirs.budget_s) == (ours.alpha, ours.looks, ours.budget_s)
        and theirs.family_size >= ours.family_size
        and all(certificate.entry(one.mode, one.metric.name) is not None for one in ours.gated)
        and {comparison.b for comparison in check.comparisons} <= set(certificate.settings)
    )


def _load(path: Path) -> Certificate | None:
    """Read one; a file that is none is passed over, as one of another version would be."""
    try:
        return Certificate.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError):
        return None
