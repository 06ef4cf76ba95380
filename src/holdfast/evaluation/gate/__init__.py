"""The regression gate: is a candidate worse than its baseline, not worse, or is it unclear."""
