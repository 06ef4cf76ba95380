"""How far stated confidence can be trusted, with the thresholds that keep a declared error budget."""
