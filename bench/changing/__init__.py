"""Changes of the worked example, each made on a copy of its folder."""
