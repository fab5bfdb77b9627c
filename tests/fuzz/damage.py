"""Damage bytes as disks, editors and attackers do: change, cut, repeat, insert."""

from __future__ import annotations

from hypothesis import strategies as st

_WORDS = [b"", b"\x00", b"\xff",
          b"\n", b"-1", b"0", b"1e999", b"NaN", b"null", b"{}", b"[]", b'"', b"\\ud800", b"[" * 200,
          b"9" * 30, b"18446744073709551616", b"true", b'"x"', b"\xf0\x9f", b"0" * 5000]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return `whole` with one to four pieces replaced."""
    data = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 8, 100, len(data)])))
        patch = draw(st.one_of(st.sampled_from(_WORDS), st.binary(max_size=12), st.just(data[start:end] * 2)))
        data = data[:start] + patch + data[end:]
    return data
