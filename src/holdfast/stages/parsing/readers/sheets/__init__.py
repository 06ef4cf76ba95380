"""Spreadsheets: XLSX, XLS, and what they share with ODS."""
