"""The channel of a setting."""

from __future__ import annotations

import dataclasses

from bpf.channel import Channel, RecordChannel, channel_named
from results.trial import Setting


def channel_of(setting: Setting, sample_bytes: int | None = None) -> Channel:
    """Return the channel as a setting describes it; `sample_bytes` is what a user's own event holds."""
    kind = channel_named(setting.channel)
    channel = kind.of(size_bytes=setting.ring_size_bytes, wakeup=setting.wakeup, when_full=setting.when_full)
    if sample_bytes is None or not isinstance(channel, RecordChannel):
        return channel
    return dataclasses.replace(channel, sample_bytes=sample_bytes)
