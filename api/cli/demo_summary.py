"""What the demo says at its end: what came of the findings, and what to try next."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cli.output import print_table
from api.demo.received import Received
from api.demo.scenario import Finding

# Not the searches that Jira is asked before each ticket: they change nothing.
_NAMES = {
    "slack": "Slack messages",
    "jira_issue": "Jira tickets",
    "hook": "webhook calls",
    "block": "addresses to block",
}


@dataclass(frozen=True)
class Outcome:
    """What came of a run. findings: how many were sent; expected: by execution id."""

    findings: int
    expected: Mapping[str, Finding]
    executions: Sequence[Mapping[str, Any]]

    @property
    def matched(self) -> int:
        """How many findings started an execution at least."""
        started = (self.expected[each["execution_id"]]["id"] for each in self.executions)
        return len(set(started))

    @property
    def ok(self) -> bool:
        """Whether something ran, nothing is missing, and all of it completed."""
        every = len(self.executions) == len(self.expected) > 0
        return every and all(each["status"] == "completed" for each in self.executions)


def print_summary(outcome: Outcome, received: Iterable[Received] | None, seconds: float) -> None:
    """Print what came of the findings, and what reached the stand-in.

    received: None where all of it ran elsewhere and nobody can tell.
    """
    statuses = Counter(str(each["status"]) for each in outcome.executions)
    ended = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    rescued = sum(each["steps_failed"] > 0 for each in outcome.executions)
    if rescued:
        ended += f" ({rescued} though a step failed: its playbook says what to do then)"
    missing = len(outcome.expected) - len(outcome.executions)
    rows = [
        ("findings", f"{outcome.findings} seen, {outcome.matched} matched"),
        ("executions", (ended or "none") + (f", {missing} missing" if missing else "")),
    ]
    if received is None:
        rows.append(("time", f"{seconds:.1f} s"))
    else:
        rows += [("sent", _sent(received)), ("time", f"{seconds:.1f} s, with the start of Kafka")]
    print()
    print_table(("what came of it", ""), rows, empty="")


def print_invitation(url: str, key_path: Path, *, stay: bool) -> None:
    """Print where everything is, as long as it is there."""
    if not stay:
        print("\nall of it is stopped now; without --exit it goes on, with page and API at hand")
        return
    print(
        f"\npage {url} (log in with the key)\n"
        f"API  {url}/api\n"
        f"key  {key_path}\n"
        "\nIt all goes on until Ctrl-C. In another terminal:\n"
        f"  export PLAYBOOKS_URL={url} PLAYBOOKS_DATA_DIR={key_path.parent}\n"
        "  playbooks executions\n"
        "  playbooks verify",
        flush=True,
    )


def _sent(received: Iterable[Received]) -> str:
    """Return how much of each kind the stand-in was sent."""
    taken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for each in received:
        (refused if each.failed else taken)[each.kind] += 1
    parts = [f"{taken[kind]} {name}" for kind, name in _NAMES.items() if taken[kind]]
    parts += [f"{refused[kind]} {name} refused" for kind, name in _NAMES.items() if refused[kind]]
    return ", ".join(parts) or "nothing"
