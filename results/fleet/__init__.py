"""One plan on many hosts: its shards, the file that their results come back in, and what that says."""
