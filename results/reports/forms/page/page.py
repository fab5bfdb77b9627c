"""Fill the page's template. What stands in a result file reaches it as text, never as markup."""

import base64
import hashlib
import importlib
from collections.abc import Iterator
from pathlib import Path

import jinja2
from markupsafe import Markup

from results.reports.document import (
    Bad,
    Code,
    Document,
    Doubt,
    Drawing,
    Facts,
    Name,
    Part,
    Quiet,
    Section,
    Sentence,
    Table,
)
from results.reports.forms.page.figure import Drawn
from results.shown import lines_shown

_TEMPLATES = Path(__file__).parent / "templates"


def page(document: Document, version: str) -> str:
    """Make the page: what was said, then each section that has something to show."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=lambda value: (
            lines_shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
    )
    kinds = {"table": Table, "drawn": Drawn, "facts": Facts, "code": Code, "name": Name, "bad": Bad}
    environment.tests |= {name: lambda part, kind=kind: isinstance(part, kind) for name, kind in kinds.items()}
    environment.filters["tone"] = _tone
    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(
        document=document,
        title=document.title or "".join(document.headline[0]),
        sections=_sections(document),
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        policy=_policy(script),
        version=version,
    )


def _tone(sentence: Sentence) -> str:
    """Return the class of a paragraph by its first words."""
    return {Quiet: "quiet", Doubt: "warn", Bad: "loss"}.get(type(sentence[0]) if sentence else str, "")


def _sections(document: Document) -> Iterator[tuple[Section, list[Part | Drawn]]]:
    for section in document.sections or (Section("numbers", "Numbers", document.parts),):
        parts = [_drawn(part) if isinstance(part, Drawing) else part for part in section.parts if part != ()]
        if None not in parts:
            yield section, [part for part in parts if part is not None]


def _drawn(drawing: Drawing) -> Drawn | None:
    """Draw by the file of that name in drawings/; None where the answer has nothing for it."""
    file = importlib.import_module(f"results.reports.forms.page.drawings.{drawing.name}")
    drawn: Drawn | None = file.draw(drawing.of)
    return drawn


def _policy(script: str) -> str:
    """Forbid the page everything but its own style and this very script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'"
    )
