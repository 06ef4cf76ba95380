"""The corpora whose questions are asked with and without what answers them."""
