"""Figures of this machine, each beside the raw limit measured in the same run: `python -m bench --help`."""
