"""Evaluators: what a run scores in each metric."""
