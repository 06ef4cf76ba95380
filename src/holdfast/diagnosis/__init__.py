"""Say which stage is at fault, from what the stages recorded and from searches that ask further."""
