"""Compound files, which Office before 2007 and Outlook write."""
