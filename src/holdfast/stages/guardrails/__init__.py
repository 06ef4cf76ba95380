"""Guardrails screen what a person brings before a model sees it, then what a reader will be shown."""
