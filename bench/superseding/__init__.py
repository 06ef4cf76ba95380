"""How companies write that a paper takes another's place."""
