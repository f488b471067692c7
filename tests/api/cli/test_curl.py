"""The curl commands of the README, as a newcomer pastes them: every one of them works."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.rest.routes import ROUTES
from tests.api.cli.shell import Shell

README = Path(__file__).parents[3] / "README.md"

_SECONDS_MAX = 240


def commands() -> str:
    """Return what stands in the README to be pasted."""
    found = re.search(r"<!-- curl -->\n```sh\n(.*?)```\n", README.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def test_every_family_of_endpoints_has_an_example() -> None:
    asked = [path.split("?")[0] for path in re.findall(r'"\$API([^"]+)"', commands())]
    families: dict[str, list[str]] = {}
    for route in ROUTES:
        form = re.sub(r"\{\w+\}", "[^/]+", route.path)
        families.setdefault(route.function.__module__, []).append(form)
    missing = [
        family
        for family, forms in families.items()
        if not any(re.fullmatch(form, path) for form in forms for path in asked)
    ]
    assert missing == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_commands_work_as_they_stand(up: Shell, tmp_path: Path) -> None:
    # Where the README says that the key lies.
    home = tmp_path / "home"
    (home / ".local" / "share").mkdir(parents=True)
    (home / ".local" / "share" / "playbooks").symlink_to(up.settings["PLAYBOOKS_DATA_DIR"])
    # A busy machine may answer before the table shows what was asked for (202): asked again then.
    (home / ".curlrc").write_text("retry = 4\nretry-delay = 1\nretry-all-errors\n")
    pasted = tmp_path / "pasted.sh"
    pasted.write_text(commands())
    done = subprocess.run(
        ["bash", "-eux", pasted],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PLAYBOOKS_URL": up.settings["PLAYBOOKS_URL"],
        },
        capture_output=True,
        text=True,
        timeout=_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"tags":["containment"]' in done.stdout
    assert '"reason":"a false alarm"' in done.stdout
    assert (tmp_path / "metrics.txt").read_text().startswith("#")
