"""The paths: how a document and an item pass the stages, each a function to read."""
