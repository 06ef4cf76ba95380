"""Fetching rows for an item by declared, read-only queries."""
