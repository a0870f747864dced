"""Hostile bytes for every parser of what comes from outside, for as long as one likes: `python -m tests.fuzz`."""
