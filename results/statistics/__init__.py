"""Exact tests, estimates and intervals."""
