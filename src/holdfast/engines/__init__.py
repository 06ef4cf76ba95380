"""Where work runs: local worker processes, jobs."""
