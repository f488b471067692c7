"""The API, asked by schemathesis in whatever ways its document lets and forbids.

All checks, examples, and what follows the links; ``--schemathesis-cases 2000`` asks that often,
and everything that can be said at the limits of the schemas besides (some 8,000 further cases).
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.rest import controls, runs
from api.rest.routes import ROUTES
from tests.api.rest.conftest import System

HERE = Path(__file__).parent
CONFIG = HERE / "schemathesis.toml"
STEADY = """
[phases.examples.extra-data-sources]
responses = false
[phases.fuzzing.extra-data-sources]
responses = false
[phases.fuzzing.error-feedback]
enabled = false
"""
"""The same cases each time: none are made of what was answered, but for those that follow links."""

FEW = 1_000
"""From as many on, what lies at the limits of the schemas is asked too."""


async def asked(system: System, cases: int, seed: int, directory: Path) -> dict[str, Any]:
    """Let schemathesis ask; return its report, once it has found nothing."""
    key, text = system.parts.keys.create("schemathesis", ["admin"], at=datetime.now(UTC))
    phases = "examples,fuzzing,stateful" + (",coverage" if cases >= FEW else "")
    report, config = directory / "report.json", directory / "schemathesis.toml"
    config.write_text(CONFIG.read_text() + (STEADY if cases < FEW else ""))
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        f"--config-file={config}",
        "run",
        f"--header=Authorization: Bearer {text}",
        f"--seed={seed}",
        f"--max-examples={-(-cases // len(ROUTES))}",
        f"--phases={phases}",
        "--report=json",
        f"--report-json-path={report}",
        f"{system.client.url}/openapi.json",
        cwd=directory,
        env={"PATH": "", "OWN_KEY_ID": key.id, "SCHEMATHESIS_HOOKS": "schemathesis_hooks"}
        | {"PYTHONPATH": str(HERE), "PYTHONWARNINGS": "default", "COLUMNS": "120"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()[-20_000:]
    found: dict[str, Any] = orjson.loads(report.read_bytes())
    return found


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.timeout(3_600)
async def test_schemathesis_finds_nothing(
    system: System,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    # However busy the machine is: a run that is told of is there when it is asked for next.
    for module in (runs, controls):
        monkeypatch.setattr(module, "WAIT_SECONDS", 120.0)
    cases, seed = (request.config.getoption(f"--{name}") for name in ("schemathesis-cases", "seed"))
    report = await asked(system, cases, seed, tmp_path)
    assert report["test_cases"]["generated"] >= cases
    assert (report["failures"], report["errors"]) == ([], [])
    asked_for = {name for name, phase in report["phases"].items() if phase["status"] == "success"}
    assert asked_for >= {"examples", "fuzzing", "stateful"}
    # Else it would have asked without a key from somewhere on, and every refusal was right.
    assert "schemathesis" in [key.name for key in system.parts.keys.list()]
