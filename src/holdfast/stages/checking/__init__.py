"""Checking a reply: claims, citations, support."""
