"""One file per step from an older schema to the next."""
