"""Who may do what: trust in a folder's code."""
