"""Plain text, Markdown, delimited tables, and how bytes become text."""
