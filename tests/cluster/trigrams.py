"""Prefect's database on a PostgreSQL that came from a wheel, without contrib."""

WITHOUT_TRIGRAMS = """
CREATE FUNCTION no_keys(text, internal, internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'void_in';
CREATE OPERATOR CLASS gin_trgm_ops FOR TYPE text USING gin AS
    FUNCTION 2 no_keys(text, internal, internal), FUNCTION 3 no_keys(text, internal, internal),
    FUNCTION 4 no_keys(text, internal, internal);
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 16000, 'pg_trgm', 10, oid, false, '0' FROM pg_namespace WHERE nspname = 'public';
"""
"""Prefect wants the extension pg_trgm for indexes of its search by name; an operator class of that name which indexes
nothing lets its migrations pass."""
