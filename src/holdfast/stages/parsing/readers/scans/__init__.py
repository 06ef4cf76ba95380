"""Scans and pictures, by text recognition."""
