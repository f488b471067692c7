"""What a condition or a template can name: the event and, in an execution, all around it.

Built once per finding by the trigger agent and once per step start by the engine, so
nothing is copied before it is asked for. A context is never changed.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.frames import OUTERMOST, loop_index
from engine.paths import MISSING, Missing, find
from schemas.executions import Execution, StepRun, StepStatus
from schemas.findings import Finding
from schemas.messages import JsonObject
from schemas.playbooks import Playbook

EVENT_ROOTS: Final = ("event", "finding", "asset", "scan")
"""What a trigger condition can name with a dotted path."""

RUN_ROOTS: Final = ("parameters", "steps", "execution", "playbook", "loop")
"""What there is besides once an execution runs."""

SECRETS: Final = "secrets"
"""The root that no context holds: a secret is resolved where the action runs."""

ALIASES: Final = {
    "asset_id": "asset.id",
    "asset_name": "asset.name",
    "asset_type": "asset.type",
    "asset_tags": "asset.tags",
    "finding_id": "finding.id",
}
"""What a bare name means when the event's data has no field of that name."""


class Context:
    """The values that paths lead to. ``data`` is the event's data, empty without an event."""

    __slots__ = ("_builders", "_event", "_roots", "data")

    def __init__(
        self,
        event: Finding | JsonObject | None,
        roots: Mapping[str, Any] | None = None,
        builders: "Mapping[str, Builder] | None" = None,
    ) -> None:
        """builders: of further roots; most templates ask for one of them, or none."""
        data = event.data if isinstance(event, Finding) else (event or {}).get("data")
        self.data: JsonObject = data if isinstance(data, dict) else {}
        self._event = event
        self._roots: dict[str, Any] = {} if roots is None else dict(roots)
        self._builders = _BUILDERS if builders is None else {**_BUILDERS, **builders}

    def root(self, name: str) -> Any:
        """Return what stands under ``name``, ``MISSING`` when there is no such thing here."""
        if name not in self._roots:
            build = self._builders.get(name)
            self._roots[name] = MISSING if build is None else build(self)
        return self._roots[name]

    def roots(self) -> dict[str, Any]:
        """Return everything that there is, by its name."""
        present = {name: self.root(name) for name in (*EVENT_ROOTS, *RUN_ROOTS)}
        return {name: value for name, value in present.items() if value is not MISSING}

    def _whole_event(self) -> JsonObject | Missing:
        event = self._event
        if event is None:
            return MISSING
        if isinstance(event, Finding):
            said = event.model_dump(mode="json", exclude={"data"}) | {"data": event.data}
        else:
            said = event
        return {name: value for name, value in said.items() if value is not None}

    def _finding(self) -> JsonObject | Missing:
        if self._event is None:
            return MISSING
        return _with_id(self.data, self.data, "finding_id")

    def _asset(self) -> Any:
        said = self.data.get("asset", MISSING)
        if said is MISSING:
            return _with_id({}, self.data, "asset_id") or MISSING
        if isinstance(said, dict) and "id" not in said:
            return _with_id(said, self.data, "asset_id")
        return said

    def _scan(self) -> Any:
        said = self.data.get("scan")
        if said is not None and not isinstance(said, dict):
            return said
        about_a_scan = str(_kind(self._event)).startswith("scan.")
        fields = (self.data if about_a_scan else {}) | (said or {})
        return _with_id(fields, self.data, "scan_id") or MISSING


Finder = Callable[[Context], Any]
"""From a context to what a path leads to there: see ``paths.find``."""

Builder = Callable[[Context], Any]
"""From a context to what stands under one of its roots there."""

_BUILDERS: Mapping[str, Builder] = {
    "event": Context._whole_event,
    "finding": Context._finding,
    "asset": Context._asset,
    "scan": Context._scan,
}


def of_finding(finding: Finding | JsonObject) -> Context:
    """Return the context of an event by itself, which trigger conditions are decided in."""
    return Context(finding)


def of_execution(execution: Execution, playbook: Playbook, frame: str = OUTERMOST) -> Context:
    """Return the context of the next step of ``execution``, a run of ``playbook``.

    frame: where the step runs; in a loop, ``loop.index`` counts the times round from 0.
    """
    roots: dict[str, Any] = {}
    index = loop_index(execution, frame)
    if index is not None:
        roots["loop"] = {"index": index}
    if execution.event is None and execution.target_asset_id is not None:
        roots["asset"] = {"id": execution.target_asset_id}
    builders: dict[str, Builder] = {
        "parameters": lambda _: _parameters(execution, playbook),
        "steps": lambda _: _steps(execution),
        "execution": lambda _: {
            "id": execution.id,
            "started_at": execution.started_at.isoformat().replace("+00:00", "Z"),
        },
        "playbook": lambda _: {
            "id": execution.playbook_id,
            "name": execution.playbook_name,
            "version": execution.playbook_version,
        },
    }
    return Context(execution.event, roots, builders)


def canonical(path: str) -> str:
    """Return the shortest path that always means the same: ``finding.title`` is ``title``."""
    rest = _within_data(path)
    if rest is None or rest[0] in EVENT_ROOTS or rest[0] in ALIASES:
        return path
    return ".".join(rest)


def is_data_field(path: str) -> bool:
    """Tell whether a canonical ``path`` is a field of the event's data and nothing else."""
    return "." not in path and path not in EVENT_ROOTS and path not in ALIASES


def finder(path: str) -> Finder:
    """Return the function from a context to what ``path`` leads to there.

    A bare name is a field of the event's data, else an alias, else a root. A dotted path
    starts at a root, else at a field of the event's data.
    """
    path = canonical(path)
    head, *rest = segments = path.split(".")
    if not rest and head in ALIASES:
        return _first(_data_finder(segments), finder(ALIASES[head]))
    # Most triggers name the asset's id: mostly it stands there, and no root need be made.
    if path == "asset.id" or (not rest and head in EVENT_ROOTS):
        return _first(_data_finder(segments), _root_finder(head, rest))
    within = _within_data(path)
    if within is not None:
        return _data_finder(within)
    return _root_finder(head, rest) if head in EVENT_ROOTS else _data_finder(segments)


def _within_data(path: str) -> list[str] | None:
    """Return the rest of a path whose start is just another name for the event's data."""
    match path.split("."):
        # Of the finding and of the asset, only the id may come from another field of the data.
        case ["finding", name, *rest] if name != "id":
            return [name, *rest]
        case ["asset", name, *rest] if name != "id":
            return ["asset", name, *rest]
        case ["event", "data", *rest] if rest:
            return rest
    return None


def _data_finder(segments: list[str]) -> Finder:
    head, *rest = segments
    if not rest:
        return lambda context: context.data.get(head, MISSING)
    if len(rest) > 1 or rest[0].isdecimal():
        return lambda context: find(context.data.get(head, MISSING), rest)
    name = rest[0]

    def two_deep(context: Context) -> Any:
        value = context.data.get(head, MISSING)
        return value.get(name, MISSING) if type(value) is dict else find(value, rest)

    return two_deep


def _root_finder(head: str, rest: list[str]) -> Finder:
    return lambda context: find(context.root(head), rest)


def _first(find_first: Finder, find_else: Finder) -> Finder:
    def find_either(context: Context) -> Any:
        value = find_first(context)
        return find_else(context) if value is MISSING else value

    return find_either


def _with_id(fields: JsonObject, data: JsonObject, id_field: str) -> JsonObject:
    return {**fields, "id": data[id_field]} if id_field in data else fields


def _kind(event: Finding | JsonObject | None) -> Any:
    return event.event if isinstance(event, Finding) else (event or {}).get("event")


def _parameters(execution: Execution, playbook: Playbook) -> JsonObject:
    declared = playbook.parameters.items()
    defaults = {name: p.default for name, p in declared if "default" in p.model_fields_set}
    return defaults | execution.parameters


def _steps(execution: Execution) -> JsonObject:
    return {
        **{step_id: _kept(output) for step_id, output in execution.kept.items()},
        **{step_id: _step(run) for step_id, run in execution.steps.items()},
    }


def _kept(output: Any) -> JsonObject:
    return {"status": StepStatus.COMPLETED.value, "output": output}


def _step(run: StepRun) -> JsonObject:
    step: JsonObject = {"status": run.status.value}
    # A step that has not completed has no output: naming it must fail, not give null.
    if run.status is StepStatus.COMPLETED:
        step["output"] = run.output
    if run.error is not None:
        step["error"] = run.error
    return step
