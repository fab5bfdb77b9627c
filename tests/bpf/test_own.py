"""A user's own program, before any compiler: its text with others' in it, what it says of itself, its fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bpf.fields import Bits, Record, by_list
from bpf.own import OwnProgram
from bpf.own_load import sizes
from bpf.pasting import blanked, held_to_lines, pasted, place
from results.errors import BadInput

FILES = {"a.h": b'int a;\n#include "b.h"\nint after_b;\n', "b.h": b"int b;\n"}


def find(name: str, _by: str) -> tuple[str, bytes] | None:
    return (name, FILES[name]) if name in FILES else None


def test_every_line_keeps_its_file_and_number() -> None:
    """Through two levels of includes, and with a file that comes twice."""
    text = b'int one;\n#include "a.h"\nint three;\n  # include "b.h"\nint five;\n'
    text += b'#include <linux/ip.h>\n#include "none.h"\n'
    made = pasted(text, 'the "main" file.c', find)
    where = {
        word: place(made, made.index(word))
        for word in (b"one", b"int a", b"int b", b"after_b", b"three", b"five", b"linux/ip", b"none.h")
    }
    assert list(where.values()) == [
        'the "main" file.c:1', "a.h:1", "b.h:1", "a.h:3", 'the "main" file.c:3', 'the "main" file.c:5',
        'the "main" file.c:6', 'the "main" file.c:7',
    ]  # fmt: skip
    assert made.count(b"int b;") == 1


def test_lines_are_stated_anew_where_bcc_adds_some() -> None:
    """After a brace that opens, and after a function's last line; not in a comment, and not in a macro's lines."""
    text = b"int f(void)\n{\n  int x; /* a {\n  b */\n  return x;\n}\n#define M do { \\\n  } while (0)\nint g;\n"
    made = held_to_lines(pasted(text, "f.c", find)).decode().splitlines()
    assert [made[at - 1] for at, line in enumerate(made) if line.startswith("#line") and at] == ["{", "}"]
    assert '#line 3 "f.c"' in made
    assert '#line 7 "f.c"' in made


def test_what_stands_in_comments_and_strings_is_no_code() -> None:
    """Each other character keeps its place."""
    text = b'a /* "b */ "c /* d" // e\n\'"\' f'
    assert blanked(text) == b"a" + b" " * 23 + b"\n    f"


def program(folder: Path, text: str) -> OwnProgram:
    path = folder / "mine.bpf.c"
    path.write_text(text)
    return OwnProgram.read(path)


def test_the_verifiers_line_is_found_by_its_text_where_it_gives_no_number(tmp_path: Path) -> None:
    """As before Linux 6.9; a line that stands there twice, or was written anew by bcc, is nobody's."""
    (tmp_path / "beside.h").write_text("int a;\nint of_header;\n")
    mine = program(tmp_path, 'int first;\n#include "beside.h"\n  int x = 1; int y;\n\tint x = 1;\nint b;\nint b;\n')
    found = {
        text: mine.named(text, "") for text in ("int first;", "int x = 1;", "int of_header;", "int b;", "other", "")
    }
    assert found == {
        "int first;": f"{mine.path}:1", "int x = 1;": f"{mine.path}:4", "int of_header;": f"{tmp_path}/beside.h:2",
        "int b;": str(mine.path), "other": str(mine.path), "": str(mine.path),
    }  # fmt: skip
    assert mine.named("int b;", "mine.bpf.c:6") == f"{mine.path}:6"
    assert mine.named("int b;", "/other/bench.h:6") == "/other/bench.h:6"


@pytest.mark.parametrize(
    ("text", "counts", "filters", "by_any"),
    [
        pytest.param("int x;", False, False, False, id="a black box"),
        pytest.param("// bench_observed(); bench_ours(1)", False, False, False, id="what is a comment"),
        pytest.param('#include "bench.h"\nbench_ours(skb);', False, True, False, id="only a filter"),
        pytest.param(
            '#define BENCH_EVENT struct e\n#include "bench.h"\nbench_observed(); bench_output(c, &e);',
            True, False, True, id="all of it",
        ),
        pytest.param(
            '#include "bench.h"\nbench_observed (); bench_lost(); bench_submitted(); bench_our_frame(a, b);',
            True, True, False, id="hooks by hand",
        ),
    ],
)  # fmt: skip
def test_what_a_program_says_of_itself(tmp_path: Path, text: str, counts: bool, filters: bool, by_any: bool) -> None:
    own = program(tmp_path, text)
    assert (own.counts, own.filters, own.sends_by_any_channel) == (counts, filters, by_any)


def test_its_own_headers_are_read_and_counted_as_its_content(tmp_path: Path) -> None:
    """What lies beside it and is included in quotation marks is part of it; bench.h is not."""
    (tmp_path / "mine.h").write_text("#define SEEN bench_observed(); bench_lost(); bench_submitted()\n")
    own = program(tmp_path, '#include "bench.h"\n#include "mine.h"\nint x;\n')
    assert own.counts
    assert own.contents == b'#include "bench.h"\n#include "mine.h"\nint x;\n' + (tmp_path / "mine.h").read_bytes()
    assert b"BENCH_COUNTING" in own.text
    assert b"BENCH_COUNTING" not in own.own


def test_a_file_that_is_no_c_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no C file"):
        OwnProgram.read(tmp_path / "mine.py")


def instructions(*rows: tuple[int, int, int, int]) -> bytes:
    """Assemble (code, destination, source, immediate)."""
    return b"".join(
        bytes([code, destination | source << 4, 0, 0]) + immediate.to_bytes(4, "little", signed=True)
        for code, destination, source, immediate in rows
    )


def test_sizes_are_read_off_the_instructions() -> None:
    """Of a reserve, an output to a ring and one to perf; a register that another call or a load has changed is none."""
    reserve, output, perf, clock = ((0x85, 0, 0, helper) for helper in (131, 130, 25, 5))
    assert list(sizes(instructions((0xB7, 2, 0, 24), reserve))) == [24]
    assert list(sizes(instructions((0xB7, 3, 0, 16), output, (0xB7, 5, 0, 40), perf))) == [16, 40]
    assert list(sizes(instructions((0xB7, 2, 0, 24), clock, reserve))) == [None]
    assert list(sizes(instructions((0xB7, 2, 0, 24), (0xBF, 2, 6, 0), reserve))) == [None]
    assert (
        list(
            sizes(
                instructions(
                    (0x85, 0, 1, 131),
                )
            )
        )
        == []
    )  # a function of the program's own


@pytest.mark.parametrize(
    ("fields", "size", "dtype"),
    [
        pytest.param([("a", "u8"), ("b", "u64")], 16, {"a": ("u1", 0), "b": ("u8", 8)}, id="with padding"),
        pytest.param([("t", "u64"), ("c", "char [16]")], 24, {"t": ("u8", 0), "c": ("S16", 8)}, id="text"),
        pytest.param([("a", "u16[3]"), ("p", "void *")], 16, {"a": (("u2", (3,)), 0), "p": ("u8", 8)}, id="an array"),
        pytest.param([("e", "enum reason"), ("b", "_Bool")], 8, {"e": ("u4", 0), "b": ("?", 4)}, id="an enum"),
    ],
)
def test_a_plain_struct_lies_as_c_lays_it(fields: list, size: int, dtype: dict) -> None:
    sample = by_list(fields, size, may_have_bit_fields=False).sample
    found = sample.fields
    assert {name: (found[name][0], found[name][1]) for name in found} == {
        name: (np.dtype(kind), at) for name, (kind, at) in dtype.items()
    }
    assert sample.itemsize == size


@pytest.mark.parametrize(
    ("fields", "size", "bits", "why"),
    [
        pytest.param([("a", "u8"), ("b", "u64")], 9, False, "of 9 bytes is no plain struct of a, b", id="packed"),
        pytest.param([("a", "u32"), ("b", "u64")], 16, True, "bit-fields, packed", id="maybe bit-fields"),
        pytest.param([("a", "struct inner")], 8, False, "field a is of type struct inner", id="nested"),
        pytest.param([("a", "float[2]")], 8, False, "field a is of type float", id="of a type bcc has not"),
    ],
)  # fmt: skip
def test_what_the_list_does_not_tell_is_refused_by_name(fields: list, size: int, bits: bool, why: str) -> None:
    with pytest.raises(BadInput, match=f"{why}.*BENCH_RECORD"):
        by_list(fields, size, may_have_bit_fields=bits)


@pytest.mark.parametrize("width", [1, 3, 17, 32])
@pytest.mark.parametrize("signed", [False, True])
def test_a_bit_field_has_all_of_its_values(width: int, signed: bool) -> None:
    """From the lowest to the highest, whatever stands beside it."""
    lowest = -(1 << width - 1) if signed else 0
    values = [lowest, lowest + (1 << width) - 1, 0]
    record = Record(np.dtype([("held", "<u8")]), {"x": Bits("held", 5, width, signed)})
    held = [(value & (1 << width) - 1) << 5 | 0b10101 | 1 << 60 for value in values]
    samples = np.array([(each,) for each in held], record.sample)
    assert record.column(samples, "x").tolist() == values
    assert record.names == ("x",)
