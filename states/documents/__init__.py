"""Papers as bytes: sheets in and out, unit lists. No database, no file, no clock."""
