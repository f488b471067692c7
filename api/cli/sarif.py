"""Problems as SARIF 2.1.0, which code hosts show beside the lines of a change."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from api.cli.documents import PlacedProblem

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULE = "playbook"
_WARNING = "playbook-warning"


def report(problems: Iterable[PlacedProblem]) -> dict[str, Any]:
    """Return the log of one run, with a result for each problem."""
    driver = {
        "name": "playbooks",
        "version": version("playbook-streams"),
        "rules": [
            {"id": _RULE, "shortDescription": {"text": "A playbook file must be a valid playbook"}},
            {"id": _WARNING, "shortDescription": {"text": "A playbook should say what is meant"}},
        ],
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(each) for each in problems]}],
    }


def _result(problem: PlacedProblem) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": problem.path.as_posix()}}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": problem.column}
    return {
        "ruleId": _WARNING if problem.is_warning else _RULE,
        "level": "warning" if problem.is_warning else "error",
        "message": {"text": problem.message},
        "locations": [
            {
                "physicalLocation": place,
                "logicalLocations": [{"fullyQualifiedName": problem.pointer or "/"}],
            }
        ],
    }
