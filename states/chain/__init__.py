"""The journal as a chain: what is hashed of a row, how batches hang together, what a root says, how all is checked.

Pure: the record feeds it from its tables, an auditor from a file, and both are judged by the same code. The words are
those of an export, where a row is a dict of JSON values.
"""
