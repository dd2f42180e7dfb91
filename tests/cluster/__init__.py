"""Many machines on one, and blows in the middle of a national deadline: `python -m tests.cluster`."""
