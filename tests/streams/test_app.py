"""The Faust application: what it leaves behind."""

import os
from pathlib import Path

import pytest

from streams.app import create_app


async def test_nothing_is_left_where_the_process_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = create_app("playbooks")
    await app.start()
    await app.stop()
    assert os.listdir(tmp_path) == []
