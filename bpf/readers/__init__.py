"""Ways to read a channel, a file each."""
