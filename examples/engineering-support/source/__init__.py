"""What the example's papers are made from."""
