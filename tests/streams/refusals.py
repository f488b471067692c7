"""A group's coordinator that refuses: what aiokafka then does not come back to by itself."""

from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import UnknownError


def refuse_once(patch: pytest.MonkeyPatch, name: str) -> None:
    """Let a method of every coordinator fail the first time, as if its broker knew no answer."""
    method, refusals = getattr(GroupCoordinator, name), [UnknownError()]

    async def refusing(coordinator: GroupCoordinator, *said: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return await method(coordinator, *said)

    patch.setattr(GroupCoordinator, name, refusing)
