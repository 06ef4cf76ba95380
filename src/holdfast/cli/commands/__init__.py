"""What each command does, one file each, imported when it is called."""
