"""Addresses of a module that came after the symbols were read are its own, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpf.symbols import Symbols

KERNEL = "ffffffff81000000 T _text\nffffffff81000100 t ip_rcv\nffffffff81000200 T _etext\n"
OVERLAY = "ffffffffc0000000 t ovl_get\t[overlay]\nffffffffc0000100 t ovl_exit\t[overlay]\n"
BRIDGE = "ffffffffc0400000 t br_handle_frame\t[bridge]\nffffffffc0400100 t br_exit\t[bridge]\n"


def module(name: str, at: str, users: int = 0) -> str:
    return f"{name} 200704 {users} - Live {at}\n"


OVERLAY_LOADED = module("overlay", "0xffffffffc0000000")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    kallsyms, modules = tmp_path / "kallsyms", tmp_path / "modules"
    kallsyms.write_text(KERNEL + OVERLAY)
    modules.write_text(OVERLAY_LOADED)
    return kallsyms, modules


def test_a_module_that_came_later_is_named(files: tuple[Path, Path]) -> None:
    """Its code lies above another one's, whose last function would be named for it."""
    kallsyms, modules = files
    symbols = Symbols.of_kernel(kallsyms, modules)
    assert symbols.name(0xFFFFFFFFC0400010) == "ovl_exit+0x3fff10"  # nothing is loaded there
    kallsyms.write_text(KERNEL + OVERLAY + BRIDGE)
    modules.write_text(module("bridge", "0xffffffffc0400000") + OVERLAY_LOADED)
    assert symbols.name(0xFFFFFFFFC0400010) == "br_handle_frame+0x10"
    assert symbols.name(0xFFFFFFFFC0000110) == "ovl_exit+0x10"
    assert symbols.name(0xFFFFFFFF81000104) == "ip_rcv+0x4"


def test_one_that_was_loaded_anew_elsewhere_is_named(files: tuple[Path, Path]) -> None:
    """Its name is the same, and its place is not."""
    kallsyms, modules = files
    symbols = Symbols.of_kernel(kallsyms, modules)
    kallsyms.write_text(KERNEL + "ffffffffc0400000 t ovl_get\t[overlay]\nffffffffc0400100 t ovl_exit\t[overlay]\n")
    modules.write_text(module("overlay", "0xffffffffc0400000"))
    assert symbols.name(0xFFFFFFFFC0400010) == "ovl_get+0x10"


def test_nothing_is_read_again_for_the_kernels_own_code_or_where_the_modules_are_the_same(
    files: tuple[Path, Path],
) -> None:
    """The table has a hundred thousand lines; that somebody else uses a module is no change."""
    kallsyms, modules = files
    symbols = Symbols.of_kernel(kallsyms, modules)
    kallsyms.write_text("")
    modules.write_text(module("overlay", "0xffffffffc0000000", users=7))
    assert symbols.name(0xFFFFFFFFC0000110) == "ovl_exit+0x10"
    modules.unlink()
    assert symbols.name(0xFFFFFFFF81000104) == "ip_rcv+0x4"


def test_a_kernel_without_modules_is_one_of_no_changes(files: tuple[Path, Path]) -> None:
    """There is no /proc/modules; a table of its own without a kernel is never read again."""
    kallsyms, modules = files
    modules.unlink()
    symbols = Symbols.of_kernel(kallsyms, modules)
    kallsyms.write_text(KERNEL + BRIDGE)
    assert symbols.name(0xFFFFFFFFC0400010) == "ovl_exit+0x3fff10"
    assert Symbols(KERNEL.encode()).name(0xFFFFFFFFC0400010) == "_etext+0x3f3ffe10"
