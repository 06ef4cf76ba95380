"""Take over test cases of other tools: a file per format, and what all of them need."""
