"""What is to be said about a document that can be a playbook: what it leaves open, what is lost
in the native view, and what must be set up before it runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.cacao import actions, commands, links, obstacles, secrets, variables
from engine.cacao.documents import Document, StepPart, VariablePart
from schemas.messages import JsonObject
from schemas.problems import below

_VERSION = "cacao-2.0"
_PLAIN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
_EXTENSIONS = ("extension_definitions", "playbook_extensions")


@dataclass(frozen=True, slots=True)
class CacaoWarning:
    """Something to know about an import. kind: a stable lower_snake_case word."""

    pointer: str
    message: str
    kind: str


def losses(document: Document, raw: JsonObject, keys: list[str]) -> Iterator[CacaoWarning]:
    """Yield the warnings. keys: of the steps that a run may come to."""
    yield from _whole(document, raw)
    yield from _variables(document.playbook_variables, "/playbook_variables")
    for key in keys:
        yield from _step(document, key, document.workflow[key])
    for key in document.workflow.keys() - set(links.reached(document)):
        yield CacaoWarning(
            links.pointer(key), "no run comes here: nothing leads to it", "unreached"
        )
    yield from _undeclared(document, keys)


def _whole(document: Document, raw: JsonObject) -> Iterator[CacaoWarning]:
    if document.spec_version != _VERSION:
        message = f"is not {_VERSION}: the document is read as if it were"
        yield CacaoWarning("/spec_version", message, "spec_version")
    if document.workflow[document.workflow_start].type != "start":
        message = "is not a step of the type start: the run begins there all the same"
        yield CacaoWarning("/workflow_start", message, "no_start_step")
    exception = document.workflow_exception
    if exception is not None and exception not in document.workflow:
        message = f"there is no step {exception}: a failure that nothing handles fails the run"
        yield CacaoWarning("/workflow_exception", message, "missing_step")
    if document.revoked:
        yield CacaoWarning("/revoked", "its author has revoked it: every run is refused", "revoked")
    for name in ("valid_from", "valid_until"):
        if not document.revoked and (at := getattr(document, name)) is not None:
            word = "before" if name == "valid_from" else "from"
            message = f"runs are refused {word} {at.isoformat()}"
            yield CacaoWarning(f"/{name}", message, "validity")
    if raw.get("signatures"):
        message = "are kept, not verified, and void once the playbook is edited"
        yield CacaoWarning("/signatures", message, "signature")
    for key, definition in (document.authentication_info_definitions or {}).items():
        secret = secrets.secret_name(definition)
        if secret is not None:
            at = below("", secrets.PLACE, key, "kms_key_identifier")
            yield CacaoWarning(at, f"is needed: set PLAYBOOKS_SECRET_{secret}", "secret_needed")
    for name in _EXTENSIONS:
        if raw.get(name):
            yield CacaoWarning(f"/{name}", "is kept, and not acted upon", "extension")


def _variables(parts: dict[str, VariablePart] | None, pointer: str) -> Iterator[CacaoWarning]:
    for name, variable in variables.declared(parts).items():
        value = variable.value
        if value is not None and not variables.is_of(variable.type, value):
            written = next(each for each in parts or {} if variables.canonical(each) == name)
            message = f"{value[:80]!r} is no value of the type {variable.type}: kept as a text"
            yield CacaoWarning(below(pointer, written, "value"), message, "value_type")


def _step(document: Document, key: str, step: StepPart) -> Iterator[CacaoWarning]:
    at = links.pointer(key)
    yield from _variables(step.step_variables, f"{at}/step_variables")
    if step.type != "end" and step.on_completion is None and step.on_success is None:
        message = "says no on_completion and no on_success: the branch, or the run, ends here"
        yield CacaoWarning(at, message, "implicit_end")
    if step.on_completion is not None and (step.on_success or step.on_failure):
        message = "excludes on_success and on_failure: of a success, on_completion counts"
        yield CacaoWarning(f"{at}/on_completion", message, "ambiguous")
    if step.timeout == 0:
        message = "0 is taken for none: no step could ever be in time"
        yield CacaoWarning(f"{at}/timeout", message, "timeout")
    yield from _assigned(document, step, at)
    if step.type == "action":
        yield from _hosts(document, step, at)
        yield from _commands(document, step, at)


def _assigned(document: Document, step: StepPart, at: str) -> Iterator[CacaoWarning]:
    declared = variables.declared(document.playbook_variables)
    own = variables.declared(step.step_variables)
    for index, name in enumerate(step.out_args or ()):
        known = own.get(variables.canonical(name)) or declared.get(variables.canonical(name))
        if known is not None and known.constant:
            message = f"{name} is constant: the step fails when it would assign it"
            yield CacaoWarning(f"{at}/out_args/{index}", message, "constant_variable")


def _hosts(document: Document, step: StepPart, at: str) -> Iterator[CacaoWarning]:
    if step.agent is None:
        yield CacaoWarning(at, "names no agent", "missing_agent")
    elif actions.host(document, step.agent) is None:
        message = f"there is no agent {step.agent} in agent_definitions"
        yield CacaoWarning(f"{at}/agent", message, "missing_agent")
    for index, target in enumerate(step.targets or ()):
        if actions.host(document, target) is None:
            message = f"there is no target {target} in target_definitions: nothing is done on it"
            yield CacaoWarning(f"{at}/targets/{index}", message, "missing_target")


def _commands(document: Document, step: StepPart, at: str) -> Iterator[CacaoWarning]:
    told: set[int] = set()
    for piece in actions.pieces(document, step):
        place = f"{at}/commands/{piece.place}"
        if piece.place in told:
            continue
        yield from _bare(piece.command.model_dump(), place)
        if piece.command.type == commands.MANUAL:
            told.add(piece.place)
            continue
        if piece.command.type != commands.HTTP:
            told.add(piece.place)
            yield _unmapped(piece.command.type, place)
            continue
        command = piece.command.model_dump()
        reason = commands.problem(command, actions.hosts(document, step, piece.target))
        if reason is not None:
            told.add(piece.place)
            yield CacaoWarning(place, reason, "unsendable")
        headers = command.get("headers")
        for name, said in (headers if isinstance(headers, dict) else {}).items():
            if name.lower() in _PLAIN_HEADERS and not variables.uses(str(said)):
                message = "is stored in clear: use authentication_info, or a variable"
                yield CacaoWarning(below(place, "headers", name), message, "secret_in_clear")


def _bare(command: JsonObject, place: str) -> Iterator[CacaoWarning]:
    names = [name for text in commands.texts(command) for name in variables.bare_names(text)]
    for name in dict.fromkeys(names):
        message = f"{name} stands there as it is: a variable is used as {name}:value"
        yield CacaoWarning(place, message, "text_not_variable")


def _unmapped(command_type: str, place: str) -> CacaoWarning:
    ref = commands.action_ref(command_type)
    return CacaoWarning(
        f"{place}/type",
        f"a command of the type {command_type} fails until the operator says what runs it: "
        f"{ref} in PLAYBOOKS_ACTIONS_FILE",
        "unmapped",
    )


def _undeclared(document: Document, keys: list[str]) -> Iterator[CacaoWarning]:
    for name in obstacles.undeclared(document, keys):
        where = next(
            key for key in keys if name in set(obstacles.uses(document, document.workflow[key]))
        )
        yield CacaoWarning(
            links.pointer(where),
            f"uses {name}, which is declared nowhere: without a value until a run is given one",
            "undeclared_variable",
        )
