"""Writing the reply: the extractive answerer, and language models of a provider."""
