"""The tables, in SQL that PostgreSQL takes as well (with BYTEA in the place of BLOB, BIGINT in that
of the INTEGER of a primary key, and text that sorts by its characters).

What there is most of goes by the number of its execution, not by its id. Ids are random: an index
of theirs is written all over, and once it does not fit into memory each write is a page from the
disk. Numbers ascend in the order in which the writer first sees the executions, so what is written
are the pages written last. They mean nothing outside of one table: another one, of the same log,
may number otherwise.

Times are whole microseconds since 1970-01-01 UTC: they sort, compare and index as numbers.
"""

VERSION = 6
"""What the tables are made for; every one of another version is rebuilt from the log.

Raise it whenever a stored row would come out differently: when the tables change, when
``engine.evolution`` folds differently, when ``engine.snapshots`` or ``streams.table.summaries``
write differently, and when a new type of event is understood (the one before skipped it).
"""

TABLES = (
    "executions",
    "states",
    "events",
    "rejections",
    "approvals",
    "tallies",
    "gaps",
    "retention",
    "offsets",
)

FILTERS = ("playbook_id", "finding_id", "asset_id", "status", "trigger", "dry_run")
"""The columns that executions are filtered by. Each has an index that ends in the order of
the list, so that a page of any filter is read, not sorted."""

_EXECUTIONS = """
CREATE TABLE executions (
    number INTEGER PRIMARY KEY,
    execution_id TEXT NOT NULL UNIQUE,
    playbook_id TEXT NOT NULL,
    playbook_name TEXT NOT NULL,
    playbook_version TEXT NOT NULL,
    status TEXT NOT NULL,
    trigger TEXT NOT NULL,
    finding_id TEXT,
    asset_id TEXT,
    dry_run BOOLEAN NOT NULL,
    started_at BIGINT NOT NULL,
    completed_at BIGINT,
    sequence BIGINT NOT NULL,
    summary BLOB NOT NULL
)"""
"""summary: what is answered of it, as JSON."""

# No INTEGER PRIMARY KEY, by which SQLite sorts the rows: executions do not end in the order in
# which they began, and what is put between other rows takes an eighth more space.
_STATES = """
CREATE TABLE states (
    number BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    state BLOB NOT NULL
)"""
"""state: ``engine.snapshots.to_json`` of the execution as of event ``sequence``. Of one that has
ended its last; of another the events after it are folded onto it (``states.py``)."""

# Rows stay in the order of their arrival: sorted by their key (WITHOUT ROWID) they would be
# written no faster, and into pages that are less full.
_EVENTS = """
CREATE TABLE events (
    number BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    type TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (number, sequence)
)"""
"""value: the record's value as it stands on the log."""

_REJECTIONS = """
CREATE TABLE rejections (
    command_id TEXT PRIMARY KEY,
    execution_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    value BLOB NOT NULL
)"""

_APPROVALS = """
CREATE TABLE approvals (
    execution_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    PRIMARY KEY (execution_id, step_id)
)"""
"""Steps that wait for people now: for an approval, or to be told an outcome."""

_TALLIES = """
CREATE TABLE tallies (
    day BIGINT NOT NULL,
    playbook_id TEXT NOT NULL,
    status TEXT NOT NULL,
    trigger TEXT NOT NULL,
    dry_run BOOLEAN NOT NULL,
    executions BIGINT NOT NULL,
    PRIMARY KEY (day, playbook_id, status, trigger, dry_run)
)"""
"""executions: how many there are of that kind. day: of their start, since 1970-01-01."""

_GAPS = """
CREATE TABLE gaps (
    execution_id TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    sequence BIGINT NOT NULL,
    reason TEXT NOT NULL
)"""
"""Executions whose history cannot be folded to its end. sequence: the event that is missing,
or that does not fold; the later ones stand in ``events`` until it comes. number: that of the
execution, which has no other row if its first event is missing."""

_RETENTION = """
CREATE TABLE retention (
    id INTEGER PRIMARY KEY,
    pruned_before BIGINT NOT NULL
)"""
"""One row, once something has been pruned: what ended, or was refused, before may be gone."""

_OFFSETS = """
CREATE TABLE offsets (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    cluster_id TEXT NOT NULL,
    next_offset BIGINT NOT NULL,
    current_at BIGINT,
    PRIMARY KEY (topic, partition)
)"""
"""current_at: when everything that stood on the partition had last been read."""

CREATE = (
    _EXECUTIONS,
    *(
        f"CREATE INDEX executions_by_{column} ON executions ({column}, started_at, execution_id)"
        for column in FILTERS
    ),
    "CREATE INDEX executions_by_started_at ON executions (started_at, execution_id)",
    "CREATE INDEX executions_by_completed_at ON executions (completed_at) "
    "WHERE completed_at IS NOT NULL",
    _STATES,
    _EVENTS,
    _REJECTIONS,
    "CREATE INDEX rejections_by_at ON rejections (at)",
    _APPROVALS,
    "CREATE INDEX approvals_by_requested_at ON approvals (requested_at, execution_id, step_id)",
    _TALLIES,
    _GAPS,
    _RETENTION,
    _OFFSETS,
)
DROP = tuple(f"DROP TABLE IF EXISTS {table}" for table in TABLES)
