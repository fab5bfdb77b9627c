"""What a check is, and what its trials say: blocks, verdicts, certificates."""
