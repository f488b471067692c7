"""A secret that everybody echoes is looked for everywhere afterwards, in every spelling."""

from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, quote_plus

import orjson
import pytest

from tests.api.cli.files import playbook_file
from tests.api.cli.shell import Shell, running

SECRET = "k3y/with+signs=&blank s"
TOKEN = "xoxb-t0ken/4711+secret"


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that answers with what it was sent, in clear, base64 and URL-encoded."""

    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = f"{self.headers['Authorization']} {self.headers.get('X-Key')} {body}"
            seen.append(sent)
            spelled = [sent, b64encode(sent.encode()).decode(), quote(sent), quote_plus(sent)]
            self.send_response(500 if "/failing" in self.path else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Request-Id", quote(self.headers.get("X-Key") or ""))
            self.end_headers()
            self.wfile.write(orjson.dumps({"ok": False, "error": " ".join(spelled), "at": spelled}))

        def log_message(self, *_: Any) -> None:
            pass

    seen: list[str] = []
    http = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_address[1]}"
    http.shutdown()
    thread.join()
    http.server_close()
    # Else nothing would have been echoed, and nothing proved.
    assert any(SECRET in sent for sent in seen)
    assert any(TOKEN in sent for sent in seen)


def step(name: str, action_ref: str, **parameters: Any) -> dict[str, Any]:
    return {
        "id": name,
        "type": "action",
        "action_ref": action_ref,
        "parameters": parameters,
        "retry": {"max_attempts": 2, "delay_seconds": 0.1},
        "on_failure": "continue",
    }


def spellings(value: str) -> set[bytes]:
    """Return how a value may stand somewhere, whatever stands before it."""
    found = {value.encode(), quote(value).encode(), quote(value, safe="").encode()}
    found |= {quote_plus(value).encode(), orjson.dumps(value)[1:-1]}
    for offset in range(3):
        encoded = b64encode(bytes(offset) + value.encode())
        found.add(encoded[(offset * 8 + 5) // 6 : (offset + len(value)) * 8 // 6])
    return found


def test_an_echoed_secret_stands_nowhere(tmp_path: Path, echo: str) -> None:
    actions = tmp_path / "actions.yaml"
    actions.write_text(
        f"act-slack-notify: {{connector: slack, base_url: '{echo}', token: secret:SLACK}}\n"
        f"act-soc: {{connector: webhook, url: '{echo}/failing', payload: 'secret:KEY'}}\n"
    )
    headers = {"Authorization": "Bearer {{ secrets.KEY }}", "X-Key": "{{ secrets.KEY }}"}
    request = {"method": "POST", "headers": headers, "body": {"key": "{{ secrets.KEY }}"}}
    file = playbook_file(
        tmp_path,
        "pb-echo",
        steps=[
            step("echoed", "act-http-request", url=f"{echo}/", **request),
            step("failing", "act-http-request", url=f"{echo}/failing", **request),
            step("refused", "act-slack-notify", channel="#soc", message="a"),
            step("fixed", "act-soc"),
            step("logged", "act-log", key="{{ secrets.KEY }}"),
        ],
    )
    log, data = tmp_path / "log", tmp_path / "data"
    shell = Shell(
        {
            "PLAYBOOKS_DATA_DIR": str(data),
            "PLAYBOOKS_BROKER_PORT": "0",
            "PLAYBOOKS_API_PORT": "0",
            "PLAYBOOKS_PARTITIONS": "2",
            "PLAYBOOKS_ACTIONS_FILE": str(actions),
            "PLAYBOOKS_EGRESS_ALLOW": "127.0.0.1",
            "PLAYBOOKS_SECRET_KEY": SECRET,
            "PLAYBOOKS_SECRET_SLACK": TOKEN,
            "PLAYBOOKS_LOG_LEVEL": "debug",
        }
    )
    answers: list[str] = []
    with running(shell, "up", log=log) as system:
        shell.settings["PLAYBOOKS_URL"] = system.ready()
        shell("apply", file)
        execution_id = shell.json("run", "pb-echo")["execution_id"]
        answers.append(shell("watch", execution_id))
        for command in ("status", "steps", "events"):
            answers.append(shell(command, execution_id, "--json"))
        answers += [shell("actions", "--json"), shell("executions", "--json")]
        answers.append(shell("dead-letters", "list", "--json"))
        assert '"[secret KEY]' in answers[2]
        # And once more to the end that nobody plans.
        shell.json("run", "pb-echo")
        system.process.kill()
    # The broker keeps the records of every topic as they are, in files below its directory.
    files = [path for path in data.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" and path.stat().st_size for path in files)
    places = {str(path): path.read_bytes() for path in [*files, log]}
    places["answers"] = "\n".join(answers).encode()
    hits = {
        place
        for place, content in places.items()
        for value in (SECRET, TOKEN)
        for spelling in spellings(value)
        if spelling in content
    }
    assert hits == set()
    assert execution_id.encode() in b"".join(places.values())
