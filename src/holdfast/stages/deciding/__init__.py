"""Deciding how an item ends, by rules first and by thresholds after."""
