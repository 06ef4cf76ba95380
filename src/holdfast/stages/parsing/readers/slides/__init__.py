"""Presentations: PPTX, PPT."""
