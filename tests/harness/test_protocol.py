"""The worker protocol's number changes with what the messages hold."""

from __future__ import annotations

from dataclasses import fields

from harness.control import PROTOCOL
from harness.messages import ConsumerSpec
from results.trial import Setting


def test_a_new_field_is_a_new_protocol():
    """A worker of an older checkout would stumble over a field that it does not know: raise PROTOCOL with each.

    Then write the new number of fields here.
    """
    held = (PROTOCOL, len(fields(ConsumerSpec)), len(fields(Setting)))
    assert held == (16, 12, 28)
