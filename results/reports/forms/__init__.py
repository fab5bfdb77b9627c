"""The forms of a report: a file each, which draws any document.

What states an OPTION, as `--markdown` to print or `--html OUT` to write a file, with its HELP and a `write` that takes
the document and the version of bench, is offered by every command that shows result files. It imports what is slow to
load when it writes.
"""
