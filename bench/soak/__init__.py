"""Thirty minutes of everything at once, on a fast clock: `python -m bench.soak`."""
