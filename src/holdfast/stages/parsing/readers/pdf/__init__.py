"""PDF: pages, tables, columns, what is hidden."""
