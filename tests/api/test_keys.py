"""The store of keys: hashed, private, shared by processes, revocable without a restart."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.keys.admin import ensure_admin_key
from api.keys.store import KeyStore, KeysUnreadable, NameTaken
from streams import looks

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path)


def test_a_key_is_known_by_its_text_alone(store: KeyStore) -> None:
    key, text = store.create("ci", ["read:playbooks"], at=NOON)
    assert store.authenticated(text, NOON) == key
    assert text.startswith(f"pbk_{key.id.removeprefix('key-')}_")


def test_the_file_holds_no_secret_and_is_private(store: KeyStore) -> None:
    _, text = store.create("ci", ["admin"], at=NOON)
    assert text.split("_", 2)[2] not in store.path.read_text()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_text_that_is_nearly_a_key_is_none(store: KeyStore) -> None:
    _, text = store.create("ci", ["admin"], at=NOON)
    _, other = store.create("cd", ["admin"], at=NOON)
    mixed = text[:17] + other[17:]
    for wrong in ("", text[:-1], text + "x", text.upper(), f" {text}", mixed, "pbk__", "ünï"):
        assert store.authenticated(wrong, NOON) is None


def test_a_key_ends_at_its_time(store: KeyStore) -> None:
    end = NOON + timedelta(hours=1)
    _, text = store.create("ci", ["admin"], at=NOON, expires_at=end)
    assert store.authenticated(text, end - timedelta(microseconds=1)) is not None
    assert store.authenticated(text, end) is None


def test_an_admin_may_everything_and_others_what_they_are_given(store: KeyStore) -> None:
    admin, _ = store.create("admin", ["admin"], at=NOON)
    reader, _ = store.create("reader", ["read:playbooks"], at=NOON)
    assert admin.allows("write:findings")
    assert reader.allows("read:playbooks")
    assert not reader.allows("write:playbooks")


def test_another_process_revokes_a_key_at_once(store: KeyStore, tmp_path: Path) -> None:
    key, text = store.create("ci", ["admin"], at=NOON)
    assert store.authenticated(text, NOON)
    assert KeyStore(tmp_path).revoke(key.id)
    assert store.authenticated(text, NOON) is None
    assert not store.revoke(key.id)


async def test_a_key_that_has_just_been_used_is_revoked_at_once(
    store: KeyStore, tmp_path: Path
) -> None:
    key, text = store.create("ci", ["admin"], at=NOON)
    assert store.authenticated(text, NOON)
    assert KeyStore(tmp_path).revoke(key.id)
    assert store.authenticated(text, NOON) is None


async def test_a_key_that_has_just_been_made_elsewhere_is_known(
    store: KeyStore, tmp_path: Path
) -> None:
    _, known = store.create("ci", ["admin"], at=NOON)
    assert store.authenticated(known, NOON)
    key, text = KeyStore(tmp_path).create("cd", ["admin"], at=NOON)
    assert store.authenticated(text, NOON) == key


async def test_a_file_that_is_spoilt_lets_nobody_in_however_often_they_ask(
    store: KeyStore,
) -> None:
    _, text = store.create("ci", ["admin"], at=NOON)
    assert store.authenticated(text, NOON)
    store.path.write_text("[{")
    await looks.settled()
    for _ in range(3):
        with pytest.raises(KeysUnreadable):
            store.authenticated(text, NOON)


def test_a_name_names_one_key(store: KeyStore) -> None:
    store.create("ci", ["admin"], at=NOON)
    with pytest.raises(NameTaken, match="named ci"):
        store.create("ci", ["admin"], at=NOON)


def test_keys_that_are_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    def make(number: int) -> None:
        KeyStore(tmp_path).create(f"key {number}", ["admin"], at=NOON)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make, range(40)))
    assert len(KeyStore(tmp_path).list()) == 40


def test_a_spoilt_file_is_told_and_nobody_gets_in(store: KeyStore) -> None:
    _, text = store.create("ci", ["admin"], at=NOON)
    store.path.write_text("{")
    with pytest.raises(KeysUnreadable, match=r"keys\.json cannot be read"):
        store.authenticated(text, NOON)


def test_the_first_start_makes_an_admin_key_and_later_ones_none(store: KeyStore) -> None:
    path = ensure_admin_key(store, NOON)
    text = path.read_text()
    key = store.authenticated(text.strip(), NOON)
    assert key is not None
    assert (key.name, key.scopes) == ("admin", ("admin",))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ensure_admin_key(store, NOON).read_text() == text
    assert len(store.list()) == 1


def test_an_admin_key_that_was_lost_is_made_anew(store: KeyStore) -> None:
    first = ensure_admin_key(store, NOON).read_text()
    store.path.unlink()
    second = ensure_admin_key(store, NOON).read_text()
    assert second != first
    assert store.authenticated(second.strip(), NOON)
