"""Whether a run of a document may start at all: by its author's word, its time, its parameters."""

from datetime import datetime

from engine.cacao.variables import parameter_problems
from schemas.messages import JsonObject
from schemas.workflows import Workflow


def refusal(workflow: Workflow, given: JsonObject, at: datetime) -> tuple[str, str] | None:
    """Return why no run starts at ``at`` with these parameters, as code and reason."""
    if workflow.revoked:
        return "revoked", "its author has revoked the playbook"
    if workflow.valid_from is not None and at < workflow.valid_from:
        return "not_yet_valid", f"the playbook is valid from {workflow.valid_from.isoformat()}"
    if workflow.valid_until is not None and at >= workflow.valid_until:
        return "no_longer_valid", f"the playbook was valid until {workflow.valid_until.isoformat()}"
    if workflow.obstacles:
        return "not_executable", "; ".join(workflow.obstacles)
    wrong = list(parameter_problems(workflow, given, ""))
    if wrong:
        reasons = "; ".join(f"{problem.pointer[1:]} {problem.message}" for problem in wrong)
        return "invalid_parameters", f"parameters: {reasons}"
    return None
