"""Keep the index: the records are the truth, two projections beside them make them findable."""
