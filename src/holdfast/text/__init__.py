"""Plain text analysis that several stages need: sentences, words, numbers, names, weights."""
