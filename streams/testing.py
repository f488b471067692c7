"""For authors of connectors: what a connector must hold to, checked by their own tests.

    def test_acme_is_a_connector() -> None:
        check(Acme)

    async def test_acme_blocks() -> None:
        assert await run(Acme, {"token": "t", "base_url": server.url}, {"host": "a"}) == {…}

``run`` goes the way that a step goes: settings and parameters are checked, secrets taken out of
what comes back, the guard on addresses is in force.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import orjson

from schemas.actions import ActionRequest
from streams.actions.actions import Actions
from streams.actions.connector import Connector, Idempotency

_NAME = re.compile(r"[a-z][a-z0-9-]*")


def faults(connector: type[Connector[Any, Any]]) -> list[str]:
    """Return what is wrong with what a connector declares."""
    settings, parameters = connector.Settings.model_fields, connector.Parameters.model_fields
    checks = {
        f"name {connector.name!r}: small letters, digits and hyphens": bool(
            _NAME.fullmatch(connector.name)
        ),
        "summary: a sentence, with a full stop": connector.summary.endswith("."),
        f"idempotency: one of {', '.join(get_args(Idempotency))}": connector.idempotency
        in get_args(Idempotency),
        "settle_seconds: only with search_before_create": not connector.settle_seconds
        or connector.idempotency == "search_before_create",
        "example_output: plain JSON, and an output": _has_example(connector),
        "a key is a setting or a parameter, not both": not settings.keys() & parameters.keys(),
        "connector is no key of either": "connector" not in settings.keys() | parameters.keys(),
        "secrets: keys of settings": connector.secrets <= settings.keys(),
    }
    unsaid = [key for key, each in {**settings, **parameters}.items() if not each.description]
    return [rule for rule, holds in checks.items() if not holds] + [
        f"{key}: has no description" for key in unsaid
    ]


def _has_example(connector: type[Connector[Any, Any]]) -> bool:
    example = connector.example_output
    try:
        output = connector.Output.model_validate(orjson.loads(orjson.dumps(example)))
    except (TypeError, ValueError):
        return False
    return bool(output.model_dump() == example)


def check(connector: type[Connector[Any, Any]]) -> None:
    """Raise AssertionError with everything that is wrong with what a connector declares."""
    found = faults(connector)
    if found:
        raise AssertionError("\n".join(found))


async def run(
    connector: type[Connector[Any, Any]],
    settings: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    egress_allow: Iterable[str] = (),
    key: str = "pexec-test/step/1",
) -> Any:
    """Run a connector once, as a step would, and return its output. Raises ActionError.

    settings: as the actions file says them. key: the idempotency key.
    """
    ref = f"act-{connector.name}"
    entry = {ref: {"connector": connector.name, **settings}}
    actions = Actions(entry, None, [connector], egress_allow=egress_allow)
    await actions.start()
    try:
        output = await actions.run(
            ActionRequest(
                id="test",
                execution_id="pexec-test",
                playbook_id="pb-test",
                step_id="step",
                visit=1,
                attempt=1,
                at=datetime.now(UTC),
                action_ref=ref,
                idempotency_key=key,
                parameters=dict(parameters),
            )
        )
    finally:
        await actions.stop()
    connector.Output.model_validate(output)
    return output
