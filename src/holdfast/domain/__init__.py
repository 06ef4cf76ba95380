"""The words: frozen data without I/O, one module per family of words (docs/glossary.md)."""
