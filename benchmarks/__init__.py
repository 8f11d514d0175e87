"""What Ringfence costs: generated fleets, measured in cold processes. `python -m benchmarks` prints one table."""
