"""The command line: data on stdout, progress on stderr, one exit code per kind of failure."""
