"""The steps: one package per stage, siblings that do not know each other."""
