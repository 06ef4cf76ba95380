"""Review: people look at cases, decide, and are told of them."""
