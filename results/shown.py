r"""Text from outside, made safe to show: what a terminal or a page would act on is shown escaped, as \x1b."""

import re
import unicodedata

# Controls, bidirectional overrides, line separators, and lone surrogates: by os.fsdecode, bytes that are not UTF-8.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}

# What our own words are made of, for terminals whose encoding has no sign for it; `_` is one column wide.
_PLAIN = str.maketrans("–−…×µ·≥≤±½█▉▊▋▌▍▎▏▇▆▅▄▃▂▁", "--.xu.><~~####||::##==--_")


def shown(text: object) -> str:
    """Return the text on one line, each character that would act instead of being seen escaped."""
    return _ACTIVE.sub(_escaped, str(text))


def lines_shown(text: object) -> str:
    """Return the text as `shown` does, its line ends kept."""
    return "\n".join(map(shown, str(text).split("\n")))


def columns(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def cut(text: str, room: int) -> str:
    """Cut a text at its end to so many columns of a terminal, the sign for that included."""
    if columns(text) <= room:
        return text
    while text and columns(text) > room - 1:
        text = text[:-1]
    return f"{text}…" if room > 0 else ""


def unencodable(error: UnicodeError) -> tuple[str, int]:
    """Stand in for what an output's encoding lacks (an error handler of codecs): a plain sign, or an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plain = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(each if each.isascii() else _escaped(each) for each in plain), error.end


def _escaped(found: re.Match[str] | str) -> str:
    character = found if isinstance(found, str) else found[0]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # the byte that it stands for
    if code < 0x100:
        return _NAMED.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
