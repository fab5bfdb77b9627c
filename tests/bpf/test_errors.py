"""What bcc and the kernel refuse is told apart from a fault of ours, which no message may hide."""

import pytest

from bpf.errors import is_refusal


@pytest.mark.parametrize("error", [Exception("Failed to load"), OSError(12, "no memory"), PermissionError()])
def test_what_is_refused_has_a_cure(error: Exception) -> None:
    """bcc raises nothing narrower than Exception."""
    assert is_refusal(error)


@pytest.mark.parametrize("error", [KeyError("bool"), TypeError(), ValueError(), AssertionError(), ZeroDivisionError()])
def test_a_fault_of_ours_stays_one(error: Exception) -> None:
    """It ends with 70 and its traceback, not with "run `bench doctor`"."""
    assert not is_refusal(error)
