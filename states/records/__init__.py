"""The record: the only place in `states` that talks to the database."""
