"""Commands about findings and executions, against a system that runs."""

from pathlib import Path
from uuid import uuid4

import orjson
import pytest

from streams import topics
from streams.settings import Settings, load
from tests.api.cli.files import finding_file, playbook_file
from tests.api.cli.shell import Shell, running
from tests.e2e.log import send, values_until
from tests.engine.formats.reports import TRIVY


@pytest.fixture(scope="module")
def ended(up: Shell, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of an execution that a finding has started and that has completed."""
    directory = tmp_path_factory.mktemp("ended")
    up("apply", playbook_file(directory, "pb-ended"))
    assert up("send", finding_file(directory, "pb-ended", "f-ended")) == "1 finding sent\n"
    log = directory / "watch.log"
    with running(up, "watch", log=log) as watching:
        # Without an id it shows whatever comes; this is how a user would learn the id.
        watching.lines_until("Playbook pb-ended: f-ended")
    [execution] = up.json("executions", "--finding", "f-ended")
    execution_id = str(execution["execution_id"])
    assert "completed  1/1" in up("watch", execution_id)
    return execution_id


def settings_of(up: Shell) -> Settings:
    return load(
        broker=up.settings["PLAYBOOKS_BROKER"],
        topic_prefix=up.settings["PLAYBOOKS_TOPIC_PREFIX"],
        partitions=2,
    )


@pytest.mark.parametrize(
    "command",
    [
        "list",
        "show pb-ended",
        "executions",
        "status ID",
        "steps ID",
        "events ID",
        "actions",
        "keys list",
        "topics describe",
        "topics create",
        "verify",
        "dead-letters list",
        "apply FILE",
        "validate FILE",
        "enable pb-ended",
        "run pb-ended --dry-run",
    ],
)
def test_whatever_is_printed_can_be_printed_as_json(
    up: Shell, ended: str, tmp_path: Path, command: str
) -> None:
    file = playbook_file(tmp_path, "pb-ended")
    arguments = command.replace("ID", ended).replace("FILE", str(file)).split()
    assert up.json(*arguments) is not None


def test_an_execution_is_found_by_what_it_is_about(up: Shell, ended: str) -> None:
    for option in ("--playbook=pb-ended", "--finding=f-ended", "--status=completed"):
        assert ended in up("executions", option)
    assert up("executions", "--finding", "f-other") == "no executions\n"


def test_the_transitions_are_told_in_order(up: Shell, ended: str) -> None:
    types = [each["type"] for each in up.json("events", ended)]
    assert types == ["ExecutionStarted", "StepStarted", "StepCompleted", "ExecutionCompleted"]


def test_the_same_findings_sent_again_start_nothing(up: Shell, ended: str, tmp_path: Path) -> None:
    lines = orjson.loads(finding_file(tmp_path, "pb-ended", "f-ended", "f-new").read_bytes())
    stdin = "\n".join(orjson.dumps(each).decode() for each in lines)
    assert up.run("send", "-", stdin=stdin).stdout == "2 findings sent\n"
    # Of one asset, so in order: once the second has come through, so has the first.
    with running(up, "watch", log=tmp_path / "watch.log") as watching:
        watching.lines_until("f-new")
    assert [each["execution_id"] for each in up.json("executions", "--finding", "f-ended")] == [
        ended
    ]


def test_findings_are_sent_as_their_scanner_wrote_them(up: Shell, tmp_path: Path) -> None:
    path = tmp_path / "trivy.json"
    path.write_bytes(orjson.dumps(TRIVY))
    assert up("send", "--format", "trivy", str(path)) == "3 findings sent\n"
    assert up("send", "--format", "auto", str(path)) == "3 findings sent\n"
    refused = up.complaint("send", "--format", "sarif", str(path))
    assert "does not look like sarif" in refused


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_findings_are_sent_as_windows_writes_them(up: Shell, tmp_path: Path, charset: str) -> None:
    path = tmp_path / "trivy.json"
    path.write_text(orjson.dumps(TRIVY).decode(), encoding=charset)
    assert up("send", "--format", "trivy", str(path)) == "3 findings sent\n"


def test_an_execution_is_watched_as_its_events_come(up: Shell, tmp_path: Path) -> None:
    ask = {"id": "ask", "type": "approval", "message": "Isolate the host?"}
    up("apply", playbook_file(tmp_path, "pb-watched", steps=[ask]))
    execution_id = up.json("run", "pb-watched")["execution_id"]
    with running(up, "watch", execution_id, log=tmp_path / "watch.log") as watching:
        watching.lines_until("paused     0/1 at ask")
        up("approve", execution_id, "ask")
        watching.lines_until("completed  1/1")
        assert watching.process.wait(timeout=60) == 0


def test_an_execution_that_waits_can_be_cancelled(up: Shell, tmp_path: Path) -> None:
    retrying = {
        "id": "retrying",
        "type": "action",
        "action_ref": "act-nonsense",
        "retry": {"max_attempts": 9, "delay_seconds": 3_600},
    }
    up("apply", playbook_file(tmp_path, "pb-cancel", steps=[retrying]))
    execution_id = up.json("run", "pb-cancel")["execution_id"]
    assert up("cancel", execution_id, "--note", "not needed") == f"{execution_id} is cancelled\n"
    status = up.json("status", execution_id)
    assert (status["status"], status["reason"]) == ("cancelled", "not needed")
    assert "cancelled" in up.complaint("cancel", execution_id)
    up.run("watch", execution_id, code=1)


def test_a_key_opens_the_api_until_it_is_revoked(up: Shell) -> None:
    key = up.json("keys", "create", "--name", "ci", "--scope", "read:playbooks")
    up("list", PLAYBOOKS_API_KEY=key["key"])
    said = up.complaint("disable", "pb-ended", PLAYBOOKS_API_KEY=key["key"])
    assert "write:playbooks" in said
    assert key["key"] not in up("keys", "list")
    up("keys", "revoke", key["id"])
    assert "unknown, revoked or expired" in up.complaint("list", PLAYBOOKS_API_KEY=key["key"])


async def test_a_dead_letter_is_shown_and_replayed(up: Shell) -> None:
    settings = settings_of(up)
    poison = f"poison {uuid4().hex}"
    await send(settings, topics.FINDINGS, [(b"a-1", poison.encode())])

    async def parked(count: int) -> None:
        await values_until(settings, topics.DEAD_LETTERS, lambda found: len(found) >= count)

    await parked(1)
    [letter] = up.json("dead-letters", "list", "--topic", "findings")
    assert (letter["value"], letter["agent"]) == (poison, "triggers")
    assert letter["reason"] in up("dead-letters", "show", letter["id"])
    up("dead-letters", "replay", letter["id"])
    # Nothing has been mended, so it comes back: it did stand on its topic again.
    await parked(2)
    assert len(up.json("dead-letters", "list", "--topic", "findings")) == 2
    assert up("dead-letters", "list", "--topic", "action-requests") == "no dead letters\n"


def test_the_table_is_the_fold_of_the_log(up: Shell, ended: str) -> None:
    verified = up.json("verify")
    assert verified["ok"] is True
    assert verified["executions"] >= 1
