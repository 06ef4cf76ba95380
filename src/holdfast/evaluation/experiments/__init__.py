"""Experiments: golden cases worked under a Version, measured, compared and shown."""
