"""The commands of `duban`, one module a subject. Heavy imports stay inside the functions."""
