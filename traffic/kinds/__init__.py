"""The kinds of drops: a file each, listed by the folder."""
