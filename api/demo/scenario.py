"""The scenario of the demo: which examples are loaded, what goes wrong, what must come of it.

What must come of it is worked out beforehand by the engine alone, from the same triggers and
the same findings: so the demo notices an execution that is missing, not only one that fails.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from api.demo.failures import Failure
from api.demo.stand_in import StandIn
from engine import contexts, triggers
from engine.triggers import TriggerIndex
from schemas.playbooks import Playbook
from streams.findings import read_finding

Finding = dict[str, Any]


def actions(stand_in: StandIn) -> dict[str, dict[str, Any]]:
    """Return the content of an actions file for the example playbooks."""
    revoking = {"connector": "webhook", "url": f"{stand_in.base_url}/hooks/credentials"}
    return stand_in.actions() | {"act-webhook": revoking}


def prepare(stand_in: StandIn) -> None:
    """Let the credential service be out of order: three attempts fail, a human is asked."""
    stand_in.fail("hook", *[Failure("status", status=503)] * 3)


def expected(playbooks: Mapping[str, Playbook], findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the executions that must come of the findings: id → what started it.

    playbooks: by id.
    """
    index = TriggerIndex(
        ((playbook_id, ""), each.trigger) for playbook_id, each in playbooks.items() if each.enabled
    )
    started: dict[str, Finding] = {}
    for document in findings:
        finding = read_finding(document)
        # Each has an id, so where it stands on the topic is of no account.
        identity = triggers.identity(finding, "", 0, 0)
        for playbook_id, _ in index.matches(finding.event, contexts.of_finding(finding)):
            started[triggers.execution_id(playbook_id, identity)] = document
    return started


def title(finding: Finding) -> str:
    """Return what a finding is about, in a line."""
    data = finding["data"]
    if "title" in data:
        return str(data["title"])
    asset = data.get("asset", {}).get("name", "")
    return " ".join(part for part in (finding["event"], data.get("scan_id"), asset) if part)
