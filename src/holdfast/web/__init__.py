"""The workbench: pages and an interface over HTTP on opened workflows."""
