"""The rules of the standard that its schemas cannot say.

Total: whatever a document holds, what can be read of it is judged, and the shape itself is left
to the schemas.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import orjson

from engine.cacao import flow, identifiers, references
from engine.cacao.parts import Steps, listed, named, texts
from engine.cacao.summaries import summary
from schemas.messages import JsonObject
from schemas.problems import Problem, below

PLAYBOOK_TYPES: Final = frozenset({
    "attack", "detection", "engagement", "investigation", "mitigation", "notification",
    "prevention", "remediation",
})  # fmt: skip

_TIMES: Final = ("created", "modified", "valid_from", "valid_until")
_EXACT: Final = frozenset({"created", "modified"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d+)?Z", re.ASCII)


def problems(document: JsonObject) -> list[Problem]:
    """Return what breaks the rules of the standard beyond its schemas."""
    steps = named(document, "workflow")
    return [
        *_identifiers(document, steps),
        *references.problems(document, steps),
        *flow.problems(document, steps),
        *_times(document),
        *_activities(document, steps),
        *_external_references(document, steps),
        *_summary(document),
    ]


def _identifiers(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    for key, step in steps.items():
        at = below("/workflow", key)
        kind = identifiers.kind(key)
        if kind is None:
            yield Problem(at, "is no identifier: write type--UUID")
        elif kind != step.get("type"):
            yield Problem(at, f"is a step of the type {step.get('type')}: its key says {kind}")
        if kind is not None and not identifiers.is_random(key):
            yield Problem(at, "a step has a UUID of version 4")
    own = document.get("id")
    if isinstance(own, str) and identifiers.kind(own) != identifiers.PLAYBOOK:
        yield Problem("/id", "is no identifier of a playbook: write playbook--UUID")
    yield from _reused(document)


def _reused(document: JsonObject) -> Iterator[Problem]:
    """Report a UUID that names several objects: it must be one's alone, whatever the type."""
    objects = [("/id", document.get("id"))]
    for name in ("workflow", *references.DEFINITIONS):
        objects += [(below("", name, key), key) for key in named(document, name)]
    found = [(at, key, identifiers.uuid(key)) for at, key in objects if isinstance(key, str)]
    counts = Counter(uuid for _, _, uuid in found if uuid is not None)
    for at, key, uuid in found:
        if uuid is not None and counts[uuid] > 1:
            yield Problem(at, f"the UUID of {key} names {counts[uuid]} objects")


def _times(document: JsonObject) -> Iterator[Problem]:
    said = {name: text for name in _TIMES if isinstance(text := document.get(name), str)}
    for name, text in said.items():
        found = _TIME.fullmatch(text)
        if found is None:
            yield Problem(f"/{name}", "is no time: write 2026-01-02T03:04:05.678Z")
        elif name in _EXACT and len(found["fraction"] or "") != 4:
            yield Problem(f"/{name}", "is given to the millisecond: three digits after the point")
    for earlier, later in (("created", "modified"), ("valid_from", "valid_until")):
        if earlier in said and later in said and _ordered(said[later]) < _ordered(said[earlier]):
            yield Problem(f"/{later}", f"is before {earlier}")


def _ordered(text: str) -> str:
    """Return a time as a text that sorts as times do: fractions may have any number of digits."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


def _activities(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    types = texts(document.get("playbook_types"))
    activities = texts(document.get("playbook_activities"))
    if PLAYBOOK_TYPES & set(types) and not activities:
        yield Problem("/playbook_types", "needs at least one of playbook_activities")
    done = {
        command.get("playbook_activity")
        for step in steps.values()
        for command in listed(step, "commands")
    }
    for index, activity in enumerate(activities):
        if activity not in done:
            yield Problem(
                f"/playbook_activities/{index}",
                f"no command of any step has the playbook_activity {activity}",
            )


def _external_references(document: JsonObject, steps: Steps) -> Iterator[Problem]:
    known = {_canonical(each) for each in listed(document, "external_references")}
    for key, step in steps.items():
        for index, reference in enumerate(listed(step, "external_references")):
            if _canonical(reference) not in known:
                yield Problem(
                    below("/workflow", key, "external_references", index),
                    "is not among the external_references of the playbook",
                )


def _canonical(value: JsonObject) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _summary(document: JsonObject) -> Iterator[Problem]:
    said: Any = document.get("playbook_processing_summary")
    if not isinstance(said, dict):
        return
    derived = summary(document)
    for name in sorted({*said, *derived}):
        is_true = derived.get(name, False)
        if said.get(name, False) is not is_true:
            yield Problem(
                below("/playbook_processing_summary", name),
                f"is {str(is_true).lower()} of this document",
            )
