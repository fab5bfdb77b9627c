"""The machine's own drops, as they happen."""
