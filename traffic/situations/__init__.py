"""The situations of the atlas: a file each, listed by the folder."""
