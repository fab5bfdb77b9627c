"""Put included texts in place of their include lines: bcc rewrites the use of maps in the source alone.

Of an included header it compiles the use of a map as it stands, which the kernel refuses.
"""

import re
from collections.abc import Callable

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)".*$', re.MULTILINE)
_LINE = re.compile(rb'^#line (\d+) "(.*)"\n', re.MULTILINE)
_NO_CODE = re.compile(rb"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
NEWLINE = b"\n"

Find = Callable[[str, str], "tuple[str, bytes] | None"]
"""Given what is included and the file that does: its own name and its text, or None for what stays as it is."""


def pasted(text: bytes, name: str, find: Find) -> bytes:
    """Replace the includes of a text that `find` finds, each file once; all lines keep their files and numbers."""
    return _line(1, name) + _pasted(text, name, find, {name})


def place(text: bytes, at: int) -> str:
    """Name the file and the line that a place in a pasted text belongs to."""
    *_, line = _LINE.finditer(text, 0, at)
    name = re.sub(rb"\\(.)", rb"\1", line[2]).decode(errors="surrogateescape")
    return f"{name}:{int(line[1]) + text.count(NEWLINE, line.end(), at)}"


def blanked(text: bytes) -> bytes:
    """Return a text without comments and strings, each other character at its place."""
    return _NO_CODE.sub(lambda found: re.sub(rb"[^\n]", b" ", found[0]), text)


def held_to_lines(text: bytes) -> bytes:
    """State files and numbers of a pasted text's lines anew where bcc adds lines: around functions, and within them."""
    made, number, name = [], 0, b""
    for line, code in zip(text.split(NEWLINE), blanked(text).split(NEWLINE), strict=True):
        made.append(line)
        if marker := _LINE.match(line + NEWLINE):
            number, name = int(marker[1]), marker[2]
            continue
        number += 1
        if code.rstrip().endswith(b"{") or code.startswith(b"}"):
            made.append(b'#line %d "%b"' % (number, name))
    return NEWLINE.join(made)


def _pasted(text: bytes, name: str, find: Find, seen: set[str]) -> bytes:
    def replace(include: re.Match[bytes]) -> bytes:
        found = find(include[1].decode(errors="surrogateescape"), name)
        if found is None:
            return include[0]
        inner, content = found
        if inner in seen:
            return b""
        seen.add(inner)
        after = text.count(NEWLINE, 0, include.end()) + 2
        return _line(1, inner) + _pasted(content, inner, find, seen) + NEWLINE + _line(after, name).rstrip()

    return _INCLUDE.sub(replace, text)


def _line(number: int, name: str) -> bytes:
    quoted = re.sub(r'(["\\])', r"\\\1", name).encode(errors="surrogateescape")
    return b'#line %d "%b"\n' % (number, quoted)
