"""The reader of /proc/kallsyms takes any text, and names any address."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from bpf.symbols import Symbols
from tests.fuzz.damage import damaged

WHOLE = b"""0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000000 t alias_of_stext
ffffffff81234560 t kfree_skb_reason\t[kernel]
ffffffffc0123000 w nf_hook\t[nf_tables]
"""


@given(table=damaged(WHOLE), address=st.integers(0, 2**64 - 1))
@example(table=b"", address=0)
@example(table=b"zz T name\n", address=1)
@example(table=b"ffffffff81000000 T\n", address=1)
@example(table="٣٣ T digits_of_another_script\n".encode(), address=1)
def test_damaged_tables(table: bytes, address: int) -> None:
    """Either a table that names every address, or ValueError with the line that is wrong."""
    try:
        symbols = Symbols(table)
    except ValueError as refusal:
        assert "of the symbol table is not" in str(refusal)  # noqa: PT017 (that it is raised is optional)
        return
    assert symbols.name(address)
    assert len(symbols) <= table.count(b"\n") + table.count(b"\r") + len(table.splitlines())
