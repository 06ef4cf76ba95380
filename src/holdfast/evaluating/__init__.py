"""An opened workflow is evaluated: experiments run, compared, planned and summed up."""
