"""The channel of a setting."""

from __future__ import annotations

from bpf.channel import Channel, channel_named
from results.trial import Setting


def channel_of(setting: Setting) -> Channel:
    """Return the channel as a setting describes it."""
    kind = channel_named(setting.channel)
    return kind.of(size_bytes=setting.ring_size_bytes, wakeup=setting.wakeup, when_full=setting.when_full)
