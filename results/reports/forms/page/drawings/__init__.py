"""The drawings of a page: a file each, whose `draw` takes the answer, and gives None where that has nothing for it."""
