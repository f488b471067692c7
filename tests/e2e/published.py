"""A playbook, published by a process that does nothing else and is gone afterwards."""

from collections.abc import Mapping

from schemas.playbooks import Playbook
from streams.playbooks import PlaybookRegistry
from streams.settings import Settings


async def publish(settings: Settings, document: Mapping[str, object]) -> None:
    """Publish a new playbook."""
    registry = PlaybookRegistry(settings)
    await registry.start()
    try:
        definition = Playbook.model_validate(document)
        await registry.publish(definition, by="test", expected=None)
    finally:
        await registry.stop()
