"""What was done, how long it took and what it cost: trails, logs, records."""
