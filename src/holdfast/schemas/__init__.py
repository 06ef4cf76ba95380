"""JSON Schema: what of it can be declared, values held against it, citations asked for beside values."""
