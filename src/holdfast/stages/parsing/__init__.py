"""Parsing: bytes to canonical text, with a locator for every character."""
