"""Why a mode is faster or slower than another: the hypotheses, and what the trials of an experiment say of each."""
