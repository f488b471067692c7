"""Where a secret is found, and what is said when it is not."""

import os
from pathlib import Path

import pytest

from streams.secrets import (
    BYTES_MAX,
    SecretMisnamed,
    SecretMissing,
    SecretUnreadable,
    secret,
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYBOOKS_SECRET_TOKEN", raising=False)


def test_a_secret_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOKS_SECRET_TOKEN", "from the environment")
    assert secret("TOKEN") == "from the environment"


def test_a_secret_is_found_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "TOKEN").write_text("from a file")
    assert secret("TOKEN", tmp_path) == "from a file"


def test_the_environment_comes_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "TOKEN").write_text("from a file")
    monkeypatch.setenv("PLAYBOOKS_SECRET_TOKEN", "from the environment")
    assert secret("TOKEN", tmp_path) == "from the environment"


@pytest.mark.parametrize(
    ("content", "value"), [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a \n", " a ")]
)
def test_one_line_end_at_the_end_of_a_file_is_left_out(
    tmp_path: Path, content: str, value: str
) -> None:
    (tmp_path / "TOKEN").write_bytes(content.encode())
    assert secret("TOKEN", tmp_path) == value


def test_a_rotated_secret_counts_at_once(tmp_path: Path) -> None:
    (tmp_path / "TOKEN").write_text("old")
    assert secret("TOKEN", tmp_path) == "old"
    (tmp_path / "TOKEN").write_text("new")
    assert secret("TOKEN", tmp_path) == "new"


def test_lower_case_names_the_same_secret(tmp_path: Path) -> None:
    (tmp_path / "TOKEN").write_text("value")
    assert secret("token", tmp_path) == "value"


def test_a_mounted_secret_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "TOKEN").write_text("mounted")
    (tmp_path / "TOKEN").symlink_to(tmp_path / "..data" / "TOKEN")
    assert secret("TOKEN", tmp_path) == "mounted"


def test_a_missing_secret_is_missed_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing) as missing:
        secret("TOKEN", tmp_path)
    assert "PLAYBOOKS_SECRET_TOKEN" in str(missing.value)
    assert str(tmp_path) in str(missing.value)


def test_without_a_directory_the_setting_for_one_is_named() -> None:
    with pytest.raises(SecretMissing, match="PLAYBOOKS_SECRETS_DIR"):
        secret("TOKEN")


def test_an_empty_secret_is_a_missing_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYBOOKS_SECRET_TOKEN", "")
    (tmp_path / "TOKEN").write_text("\n")
    with pytest.raises(SecretMissing):
        secret("TOKEN", tmp_path)


@pytest.mark.parametrize(
    "name", ["../TOKEN", "/etc/passwd", "a/b", "..", ".", "", "a.b", "TOKEN\n", "TÖKEN", "A" * 129]
)
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SecretMisnamed):
        secret(name, tmp_path)


def test_what_is_not_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "TOKEN")
    with pytest.raises(SecretUnreadable, match="not a file"):
        secret("TOKEN", tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (BYTES_MAX + 1)], ids=["bytes", "long"])
def test_what_is_no_text_of_a_sane_size_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "TOKEN").write_bytes(content)
    with pytest.raises(SecretUnreadable) as refused:
        secret("TOKEN", tmp_path)
    assert "xxxx" not in str(refused.value)


def test_a_variable_that_is_not_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PLAYBOOKS_SECRET_TOKEN", "\udcff")
    with pytest.raises(SecretUnreadable):
        secret("TOKEN")
