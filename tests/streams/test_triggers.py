"""The triggers that the agent matches against: those of the enabled playbooks that can be read."""

from collections.abc import Callable

from engine import contexts
from schemas.playbooks import Playbook, PlaybookPublished
from streams.triggers import Triggers
from tests.examples import FINDING, NOON, action, playbook


class Registry:
    """What ``Triggers`` asks of the registry."""

    def __init__(self, *definitions: Playbook) -> None:
        self.changed: list[Callable[[], None]] = []
        self.definitions = list(definitions)

    def currents(self) -> list[PlaybookPublished]:
        return [
            PlaybookPublished(
                playbook_id=each.id,
                revision="1",
                definition=each,
                created_at=NOON,
                updated_at=NOON,
            )
            for each in self.definitions
        ]


def named(playbook_id: str, **says: object) -> Playbook:
    return playbook(action("one"), id=playbook_id, **says)


def matched(known: Triggers) -> list[str]:
    found = known.index.matches("finding.new", contexts.of_finding(FINDING))
    return [playbook_id for playbook_id, _ in found]


def test_a_playbook_whose_conditions_mean_nothing_does_not_keep_the_others_from_starting() -> None:
    broken = {"event": "finding.new", "conditions": {"severity": {"$gte": "huge"}}}
    registry = Registry(named("pb-broken", trigger=broken), named("pb-right"))
    assert matched(Triggers(registry)) == ["pb-right"]  # type: ignore[arg-type]


def test_a_disabled_playbook_starts_nothing() -> None:
    registry = Registry(named("pb-off", enabled=False), named("pb-on"))
    assert matched(Triggers(registry)) == ["pb-on"]  # type: ignore[arg-type]


def test_a_change_of_the_registry_counts_at_once() -> None:
    registry = Registry(named("pb-one"))
    known = Triggers(registry)  # type: ignore[arg-type]
    assert matched(known) == ["pb-one"]
    registry.definitions.append(named("pb-two"))
    for notify in registry.changed:
        notify()
    assert matched(known) == ["pb-one", "pb-two"]
