"""Ordering hits anew by reading them with the question."""
