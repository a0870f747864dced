"""Measurements of what the README promises: `python3 deploy/run.py bench [NAME ...]`. Never part of the tests."""
