"""Which store the settings ask for: the file in the data directory, or a database."""

from importlib import import_module
from types import ModuleType

from streams.settings import Settings, environment_name
from streams.table.sqlite import SqliteStore
from streams.table.store import FILE_NAME, Store, TableError
from streams.table.table import Table


def opened(settings: Settings) -> Table:
    """Return the table of a deployment; it is made when it is missing.

    Raises TableError when it cannot be used as it is.
    """
    return Table(_store(settings))


def found(settings: Settings) -> Table | None:
    """Return the table of a deployment, None when nobody has made it yet. Raises TableError."""
    if settings.table is None:
        is_there = (settings.data_dir / FILE_NAME).exists()
    else:
        is_there = _postgresql().is_there(settings.table.get_secret_value())
    return opened(settings) if is_there else None


def _store(settings: Settings) -> Store:
    if settings.table is None:
        return SqliteStore(settings.data_dir / FILE_NAME)
    store: Store = _postgresql().PostgresqlStore(settings.table.get_secret_value())
    return store


def _postgresql() -> ModuleType:
    # Not above: who keeps the table in a file need not have its library.
    try:
        return import_module("streams.table.postgresql.store")
    except ImportError as error:
        raise TableError(
            f"{environment_name('table')} names a PostgreSQL, and the library that speaks with it "
            f"is not there ({error}): pip install 'playbook-streams[postgresql]'"
        ) from None
