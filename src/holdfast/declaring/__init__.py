"""Reading, checking and changing the YAML files that people declare a workflow with."""
