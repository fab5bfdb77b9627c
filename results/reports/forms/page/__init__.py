"""As one page for a browser, with drawings."""

from results.reports.document import Document

OPTION, HELP = "--html OUT", "write a page that needs nothing but itself"


def write(document: Document, version: str) -> str:
    """Make the page."""
    from results.reports.forms.page.page import page  # noqa: PLC0415 - only a page needs to draw

    return page(document, version)
