"""What every call to a provider goes through: retry, breaker, limiter, prices."""
