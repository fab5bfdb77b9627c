"""The reference pages, made from the code: `python -m tests.reference` writes them, and a test holds them to it."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from harness.commands.parts.commands import Word, command, command_names, parts, word_groups
from harness.commands.parts.status import MEANINGS
from results.ledger import Ledger
from results.session import Session
from results.trial import LATER, LATER_COUNTS, SCHEMA_VERSION, Setting, Trial

CHECKOUT = Path(__file__).resolve().parents[1]
MADE = "<!-- Made from the code by `.venv/bin/python -m tests.reference`; change it there. -->"

MODE_API = {
    "modes/parts/mode.py": ("Mode", "Kit"),
    "bpf/readers/batch.py": ("TakesBatches",),
    "bpf/readers/callback.py": ("TakesRecords",),
    "bpf/readers/compiled.py": ("TakesSteps",),
    "bpf/machine.py": ("Steps",),
    "bpf/readers/snapshot.py": ("TakesSnapshots",),
    "bpf/fields.py": ("Record",),
    "bpf/reasons.py": ("Reasons",),
    "bpf/symbols.py": ("Symbols",),
}


def commands_page() -> str:
    """Write each command with its words, and the exit statuses."""
    lines = [
        MADE, "", "# Commands", "",
        "`bench COMMAND --help` says the same. `--help` and `--version` need nothing; `--json` prints for programs.",
        "",
        "## Exit status", "",
        "| status | means |", "|---:|---|",
        *(f"| {status} | {meaning} |" for status, meaning in sorted(MEANINGS.items())),
    ]  # fmt: skip
    for name in command_names():
        module, parser = command(name)
        needs = _needs(module.NEEDS)
        lines += ["", f"## bench {name}", "", *_blocks(inspect.cleandoc(module.__doc__ or ""))]
        lines += ["", needs] if needs else []
        lines += [] if parts(parser) else _words(parser)
        for part, its in parts(parser).items():
            lines += ["", f"### bench {name} {part}", "", *_blocks(inspect.cleandoc(its.description or ""))]
            lines += ["", _needs(its.get_default("needs"))] if its.get_default("needs") else []
            lines += _words(its)
    return "\n".join([*lines, ""])


def _needs(needs: str) -> str:
    return {"nothing": "", "root": "Needs root.", "kernel": "Needs root and bcc."}[needs]


def _words(parser: argparse.ArgumentParser) -> Iterator[str]:
    for title, words in word_groups(parser):
        listed = [_entry(word) for word in words if "--help" not in word.flags]
        yield from ["", f"{title[0].upper()}{title[1:]}:", "", *listed] if listed else []


def _blocks(text: str) -> Iterator[str]:
    """Write a docstring: what is indented in it is typed, or laid out."""
    for number, paragraph in enumerate(text.split("\n\n")):
        yield from [""] * bool(number)
        laid_out = paragraph.startswith("  ") or "   " in paragraph
        yield from ["```text", *paragraph.split("\n"), "```"] if laid_out else paragraph.split("\n")


def _entry(word: Word) -> str:
    typed = " ".join([", ".join(word.flags), word.value]).strip()
    return f"- `{typed}`: {word.help}"


def mode_page() -> str:
    """Write what a mode is and is given, as Python without what is done inside."""
    lines = [
        MADE, "", "# Mode API", "",
        "What a mode of your own derives from, the methods by which it is handed events, and what its `kit` offers.",
        "[writing-a-mode.md](writing-a-mode.md) shows how; import `Mode`, `Kit` and the four `Takes…` from `modes`.",
    ]  # fmt: skip
    for path, names in MODE_API.items():
        tree = ast.parse((CHECKOUT / path).read_text())
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name in names:
                lines += ["", f"## {node.name}", "", f"`{path}`", "", "```python", _outline(node) + "```"]
    return "\n".join([*lines, ""])


def _outline(node: ast.ClassDef) -> str:
    """Keep of a class what others use: its docstring, attributes, and the heads of its methods."""
    kept: list[ast.stmt] = []
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            if each.name.startswith("_") and each.name != "__init__":
                continue
            each.body = [each.body[0] if ast.get_docstring(each) else ast.Expr(ast.Constant(...))]
            kept.append(each)
        elif isinstance(each, ast.Expr | ast.AnnAssign):
            kept.append(each)
    node.body = kept
    ruff, text = [sys.executable, "-m", "ruff", "format", "-"], ast.unparse(node)
    return subprocess.run(ruff, cwd=CHECKOUT, input=text, capture_output=True, text=True, check=True).stdout


def schema() -> dict[str, Any]:
    """Describe a line of a result file, in every format up to ours, as JSON Schema."""
    _, parts = msgspec.json.schema_components([Session, Setting, Ledger, Trial], ref_template="#/$defs/{name}")
    session, setting, ledger, trial = (parts.pop(kind.__name__) for kind in (Session, Setting, Ledger, Trial))
    counts, numbers = ("missed", "offered", "lost"), ("loss_ratio", "offered_load", "consume_rate", "ns_per_event")
    properties = {
        **trial["properties"],
        **setting["properties"],
        **ledger["properties"],
        **{name: {"anyOf": [{"type": "integer"}, {"type": "null"}]} for name in counts},
        **{name: {"anyOf": [{"type": "number"}, {"type": "null"}]} for name in numbers},
        "valid": {"type": "boolean"},
        "in_windows": trial["properties"]["windows"],
        "windows": setting["properties"]["windows"],
    }
    properties["pass"] = properties.pop("pass_")
    del properties["setting"], properties["ledger"]
    later = {*LATER, *LATER_COUNTS, "arm", "disturbed_because", "repeats", "in_windows"}
    trial = {**trial, "properties": properties, "required": sorted(properties.keys() - later)}
    for part in (session, trial, *parts.values()):
        part["description"] = inspect.cleandoc(part["description"])
        for each in part["properties"].values():
            each.pop("default", None)  # what our reader takes where a line lacks it, which is no promise to others
    lines = {"session": session, "trial": trial}
    for name, line in lines.items():
        line["properties"] = {"type": {"const": name}, **line["properties"]}
        line["required"] = ["type", *line["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of a result file of bench, format {SCHEMA_VERSION} or older",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in lines],
        "$defs": {**lines, **parts},
    }


PAGES = {
    "commands.md": commands_page,
    "mode-api.md": mode_page,
    "result-file.schema.json": lambda: json.dumps(schema(), indent=1) + "\n",
}

if __name__ == "__main__":
    for name, make in PAGES.items():
        (CHECKOUT / "docs" / name).write_text(make())
