"""What is measured beside the ledger: a probe per file, each saying what it costs."""
