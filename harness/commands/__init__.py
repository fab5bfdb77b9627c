"""The commands of `bench`: a file each, listed by the folder."""
