"""The variants of the experiment that settles the riddle, and the modes made for it."""
