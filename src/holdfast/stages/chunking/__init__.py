"""Cutting a document into pieces that can be found on their own."""
