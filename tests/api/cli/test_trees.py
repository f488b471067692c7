"""An execution with its steps, as it is drawn."""

from io import StringIO
from typing import Any

from rich.console import Console

from api.cli.trees import tree


def step(step_id: str, status: str, **says: Any) -> dict[str, Any]:
    unsaid = dict.fromkeys(("started_at", "completed_at", "waiting", "error"))
    return {"step_id": step_id, "status": status, "attempts": 1, **unsaid, **says}


def drawn(*steps: dict[str, Any]) -> list[str]:
    console = Console(file=StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        console.print(tree("running  1/4", steps))
    return captured.get().splitlines()


def test_each_step_is_a_branch_with_what_became_of_it() -> None:
    times = {"started_at": "2026-03-01T12:00:00Z", "completed_at": "2026-03-01T12:00:01.500Z"}
    question = {"reason": "approval", "message": "Isolate [b]it[/b]?"}
    assert drawn(
        step("notify", "completed", **times),
        step("block", "failed", attempts=3, error={"message": "it broke"}),
        step("ask", "waiting", waiting=question),
        step("last", "pending"),
    ) == [
        "running  1/4",
        "├── completed  notify  1.5 s",
        "├── failed     block  attempt 3  it broke",
        "├── waiting    ask  Isolate [b]it[/b]?",
        "└── pending    last",
    ]


def test_no_text_of_a_step_can_rewrite_the_terminal() -> None:
    [_, line] = drawn(step("a", "failed", error={"message": "\x1b[2Jgone"}))
    assert "\x1b" not in line
