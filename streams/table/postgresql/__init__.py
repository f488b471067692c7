"""The table in a database of PostgreSQL; see ``store.py``."""
