"""Names of the kernel's code while modules come."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpf import symbols
from bpf.symbols import Symbols, SymbolsNow


def test_a_module_that_came_meanwhile_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it came, its code would bear the name of what lies below."""
    table, modules = tmp_path / "kallsyms", tmp_path / "modules"
    table.write_text("ffffffffc0000000 t ovl_exit [overlay]\n")
    modules.write_text("overlay 1 1 - Live 0x0\n")
    monkeypatch.setattr(symbols, "KALLSYMS", table)
    monkeypatch.setattr(symbols, "MODULES", modules)
    now = SymbolsNow()
    assert now.name(0xFFFFFFFFC0001010) == "ovl_exit+0x1010"
    table.write_text(table.read_text() + "ffffffffc0001000 t br_handle_frame [bridge]\n")
    assert now.name(0xFFFFFFFFC0001010) == "ovl_exit+0x1010"
    modules.write_text("bridge 1 0 - Live 0x0\noverlay 1 1 - Live 0x0\n")
    assert now.name(0xFFFFFFFFC0001010) == "br_handle_frame+0x10"


def test_the_running_kernel_is_named_alike() -> None:
    address = Symbols.of_kernel().address("kfree")
    assert address is not None
    assert SymbolsNow().name(address) == "kfree+0x0"
