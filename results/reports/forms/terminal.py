"""rich's console, which shows what came from outside escaped, and leaves it to the command line how to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import rich.console
from rich.segment import Segment

from results.shown import lines_shown


class Console(rich.console.Console):
    """Prints to stdout if not told otherwise."""

    def render(
        self, renderable: rich.console.RenderableType, options: rich.console.ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield what is to be printed: styles are beside the text, so that no text of ours steers a terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=lines_shown(segment.text))

    def on_broken_pipe(self) -> NoReturn:
        """Raise what is being handled; rich would exit with status 1, which is a verdict."""
        raise  # noqa: PLE0704 - called while it is handled
