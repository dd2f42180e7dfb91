"""The whole record in one file, and back out of it: rows, what units handed in, and the keys if that is wished."""
