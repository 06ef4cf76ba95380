"""Building the prompt of one rung: what fits of the evidence, fenced as data, inside its token budget."""
