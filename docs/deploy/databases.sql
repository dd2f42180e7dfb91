-- The database of the Prefect server, beside that of duban.
CREATE DATABASE prefect OWNER duban;
\connect prefect
CREATE EXTENSION IF NOT EXISTS pg_trgm;
