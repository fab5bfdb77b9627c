"""The manual page, made from the parsers and docstrings of the commands, as --help is."""

import argparse
import re
from collections.abc import Iterator
from itertools import groupby

from harness.commands.parts.commands import Word, command, command_names, parts, word_groups
from harness.commands.parts.status import MEANINGS
from harness.machine.checkout import VERSION

_SUMMARY = "benchmark consumers of eBPF events"


def manual_page() -> str:
    """Write it with the macros of man(7)."""
    lines = [
        f'.TH BENCH 1 "" "bench {VERSION}" "User Commands"',
        ".SH NAME",
        f"bench \\- {_SUMMARY}",
        ".SH SYNOPSIS",
        r"\fBbench\fR \fICOMMAND\fR [\fIOPTIONS\fR]",
        ".SH COMMANDS",
    ]
    for name in command_names():
        lines += [f".SS bench {name}", *_command(name)]
    lines.append(".SH EXIT STATUS")
    for status, meaning in MEANINGS.items():
        lines += [".TP", rf"\fB{status}\fR", _escaped(meaning)]
    lines += [
        ".SH FILES",
        ".TP",
        r"\fI~/.local/state/bench\fR",
        _escaped("results, where no --out names a file; @-1 is the last one that was made"),
    ]
    return "\n".join(lines) + "\n"


def _command(name: str) -> Iterator[str]:
    module, parser = command(name)
    yield from _paragraphs(module.__doc__ or "")
    if its := parts(parser):
        for part, parser_of_part in its.items():
            yield f".SS bench {name} {part}"
            yield from _paragraphs(parser_of_part.description or "")
            yield from _words(parser_of_part)
    else:
        yield from _words(parser)
    if parser.epilog:
        yield from (".PP", _escaped(parser.epilog))


def _words(parser: argparse.ArgumentParser) -> Iterator[str]:
    for title, words in word_groups(parser):
        yield from (".PP", rf"\fI{_escaped(title)}\fR")
        for word in words:
            yield from _word(word)


def _word(word: Word) -> Iterator[str]:
    value = rf"\fI{_escaped(word.value)}\fR" if word.value else ""
    flags = ", ".join(rf"\fB{_escaped(flag)}\fR" for flag in word.flags)
    yield from (".TP", " ".join(filter(None, (flags, value))), _escaped(word.help))


def _paragraphs(text: str) -> Iterator[str]:
    """Fill what is prose; what is shown as it is typed, by its place in the line, stays line by line."""
    for typed, lines in groupby(
        text.strip().splitlines(), lambda line: bool(line) and line.startswith(("  ", "bench "))
    ):
        if typed:
            yield from (".PP", ".nf", *map(_escaped, lines), ".fi")
            continue
        for prose in re.split(r"\n\s*\n", "\n".join(lines).strip()):
            if prose:
                yield from (".PP", _escaped(" ".join(prose.split())))


def _escaped(text: str) -> str:
    """Keep what roff would act on: backslashes, hyphens that are to be typed, a point or quote at a line's begin."""
    kept = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{kept}" if kept.startswith((".", "'")) else kept
