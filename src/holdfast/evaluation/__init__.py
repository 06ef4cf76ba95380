"""Score what the stages make: ranking metrics, benchmarks."""
