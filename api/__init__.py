"""What people and systems see: the status API and the pages."""
