"""Find what may answer an item: queries, two legs, one fused list."""
