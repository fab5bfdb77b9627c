"""What is measured beside the ledger: a probe a file, each saying what it costs."""
