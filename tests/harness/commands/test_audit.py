"""With which status an audit ends."""

from __future__ import annotations

import pytest

from harness.commands.audit import status_of
from results.audit import meets
from results.trial import Trial
from tests.results.test_audit import trial

EXACT, ADMITS, PART, UNKNOWN = trial(1000, 0), trial(900, 100), trial(900, 50), trial(None, None)
INVALID = trial(1000, 0, invalid_because=("it died",))


@pytest.mark.parametrize(
    ("trials", "expected", "status"),
    [
        ([PART, ADMITS], None, 0),
        ([EXACT, UNKNOWN], None, 0),
        ([UNKNOWN, UNKNOWN], None, 3),
        ([EXACT, EXACT], "exact", 0),
        ([EXACT, ADMITS], "exact", 1),
        ([EXACT, ADMITS], "admits", 0),
        ([ADMITS, PART], "admits", 1),
        ([EXACT, UNKNOWN], "exact", 3),
        ([PART, UNKNOWN], "admits", 1),
        ([PART, INVALID], "admits", 5),
        ([INVALID], None, 5),
    ],
)
def test_the_status_is_that_of_the_worst(trials: list[Trial], expected: str | None, status: int) -> None:
    """Any verdict is an answer, until one is expected."""
    assert status_of(trials, expected) == status
    assert meets("exact", "admits")
