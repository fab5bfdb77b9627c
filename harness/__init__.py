"""The command line, plans, trials, worker processes and probes."""
