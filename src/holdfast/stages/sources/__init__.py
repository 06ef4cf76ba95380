"""Where documents come from: they are listed with their access lists, then read once."""
