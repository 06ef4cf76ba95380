"""Readers: one per format, each a generator of what it finds, in reading order."""
