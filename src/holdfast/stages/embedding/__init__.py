"""Turn texts into vectors: a local model, an endpoint, or statistics of the corpus itself."""
