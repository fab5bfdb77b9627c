"""Run capacity searches and advise a ring size: the machine's side of results/capacity."""
