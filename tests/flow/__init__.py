"""The whole system under faults: real processes, a real broker, `kill -9`, and the same question after each."""
