"""The drawings of a report: a file each, which says what it needs and gives None where that is missing."""
