"""Word processors: DOCX, DOC, RTF."""
