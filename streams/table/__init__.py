"""The table: what the events fold to, in SQLite or PostgreSQL, to be asked.

execution-events, rejections ─▶ reading ─▶ folding ─▶ writer ─▶ store ─▶ table ─▶ REST
                                └──── session ────┘
projection: holds the lock, and begins a session again after whatever went wrong.

The offsets are stored in the same transaction as the rows they led to, so each
record is folded once, whatever crashes when. Nothing stands here that does not stand on
the log: the table can be thrown away at any time, and is then rebuilt from there.
"""
