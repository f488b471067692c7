"""Action requests as the engine makes them, and what their attempts come to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.actions import ActionRequest
from streams.actions.actions import Actions
from streams.actions.errors import ActionError
from streams.vault import Vault

EXECUTION_ID = "pexec-4d1f5a0e-6a2b-5c3d-8e4f-9a0b1c2d3e4f"
KEY = f"{EXECUTION_ID}/notify/1"


def attempt(
    action_ref: str,
    parameters: dict[str, Any] | None = None,
    *,
    secrets: dict[str, tuple[str | dict[str, str], ...]] | None = None,
    key: str = KEY,
    timeout_at: datetime | None = None,
    dry_run: bool = False,
    traceparent: str | None = None,
) -> ActionRequest:
    """Return the request of a first attempt."""
    return ActionRequest(
        id="35471715-e84c-541c-8fcf-0a9925e49f00",
        execution_id=EXECUTION_ID,
        playbook_id="pb-critical-finding-alert",
        step_id="notify",
        visit=1,
        attempt=1,
        at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        action_ref=action_ref,
        idempotency_key=key,
        parameters=parameters or {},
        secrets=secrets or {},
        timeout_at=timeout_at,
        dry_run=dry_run,
        traceparent=traceparent,
    )


async def failure(actions: Actions, request: ActionRequest) -> ActionError:
    """Run an attempt that fails, and return why."""
    with pytest.raises(ActionError) as caught:
        await actions.run(request)
    return caught.value


@asynccontextmanager
async def running(
    configuration: dict[str, Any] | Path | None = None,
    secrets_dir: Path | None = None,
    vault: Vault | None = None,
) -> AsyncIterator[Actions]:
    """Run actions of another configuration."""
    actions = Actions(configuration, secrets_dir, egress_allow=["127.0.0.1"], vault=vault)
    await actions.start()
    try:
        yield actions
    finally:
        await actions.stop()
