"""Holdfast: production AI engineering from one declaration."""
