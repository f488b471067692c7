"""The AsyncAPI 3.0 document: what stands on which topic.

Made from the messages and the map of topics; ``schemas/asyncapi.json`` is what it says. What others
may read and write comes first (``operations``). The topics between the agents are described too,
marked ``x-internal``: a release may change them. Those of snapshots are the agents' own state, and
are left out.
"""

from collections.abc import Mapping
from importlib.metadata import version
from inspect import getdoc
from typing import Any, Literal, get_args

from pydantic.json_schema import models_json_schema

from schemas.actions import ActionRequest
from schemas.admissions import AdmissionCommand
from schemas.commands import Command, Rejection
from schemas.dead_letters import DeadLetter
from schemas.events import Event, EventBase
from schemas.findings import FINDING_KINDS, Finding
from schemas.messages import Message
from schemas.playbooks import PlaybookRecord
from streams import topics
from streams.codecs import event_type
from streams.topics import Topic

JSON = "application/json"
CLOUDEVENT_JSON = "application/cloudevents+json"

Json = dict[str, Any]
Models = tuple[type[Message], ...]


def _members(union: Any) -> Models:
    """Return the models of a discriminated union."""
    return tuple(get_args(get_args(union)[0]))


MESSAGES: Mapping[Topic, Models] = {
    topics.FINDINGS: (Finding,),
    topics.EXECUTION_EVENTS: _members(Event),
    topics.REJECTIONS: (Rejection,),
    topics.DEAD_LETTERS: (DeadLetter,),
    topics.PLAYBOOKS: _members(PlaybookRecord),
    topics.ADMISSIONS: _members(AdmissionCommand),
    topics.EXECUTION_COMMANDS: _members(Command),
    topics.ACTION_REQUESTS: (ActionRequest,),
}
"""What stands on each topic."""

_OPERATIONS: Mapping[Topic, tuple[Literal["send", "receive"], str]] = {
    topics.FINDINGS: ("receive", "Put a finding here, and the playbooks that it triggers start."),
    topics.EXECUTION_EVENTS: ("send", "Every transition of every execution: the public contract."),
    topics.REJECTIONS: ("send", "Commands, and starts that findings asked for, that were refused."),
    topics.DEAD_LETTERS: ("send", "Records that no agent could handle."),
}
"""What this application does with the topics that are for others."""

_ABOUT = """
Findings on Kafka start playbooks; every step transition is an event on `execution-events`.

Read with `isolation.level=read_committed`. Events of an execution have its id as key, so they come
in order; `sequence` is 1, 2, 3 … without gaps, and `id` follows from the two: a double can be
dropped, a gap be noticed. Ignore fields that you do not know: adding an optional one is no new
version; a changed meaning is a new type.
"""

_REQUIRED = ("specversion", "id", "source", "type")
_ATTRIBUTES: Json = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "minLength": 1},
    "source": {"type": "string", "minLength": 1},
    "type": {"enum": list(FINDING_KINDS)},
    "time": {"type": "string", "format": "date-time"},
}
_CLOUDEVENT: Json = {
    "type": "object",
    "required": [*_REQUIRED, "data"],
    "properties": _ATTRIBUTES | {"data": {"type": "object"}},
}


def document(topic_prefix: str = "") -> Json:
    """Return the document of a deployment, as JSON values.

    topic_prefix: stands before the name of every topic.
    """
    models = list(dict.fromkeys(model for each in MESSAGES.values() for model in each))
    _, told = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    schemas = {name: _plain(schema) for name, schema in told["$defs"].items()}
    for model in models:
        _require_type(schemas[model.__name__])
    messages = {
        model.__name__: _message(model, topic)
        for topic, members in MESSAGES.items()
        for model in members
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Playbook Streams",
            "version": version("playbook-streams"),
            "description": _ABOUT.strip(),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "channels": {topic.name: _channel(topic, topic_prefix) for topic in MESSAGES},
        "operations": {_operation_name(topic): _operation(topic) for topic in _OPERATIONS},
        "components": {
            "messages": messages | _cloudevents(),
            "schemas": schemas | {"CloudEvent": _CLOUDEVENT},
        },
    }


def _channel(topic: Topic, topic_prefix: str) -> Json:
    names = [model.__name__ for model in MESSAGES[topic]]
    if topic is topics.FINDINGS:
        names += _cloudevents()
    channel: Json = {
        "address": topic.named(topic_prefix),
        "description": f"Written by: {topic.writers}. Read by: {topic.readers}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": topic.named(topic_prefix), "bindingVersion": "0.5.0"}},
    }
    if topic not in _OPERATIONS:
        channel["x-internal"] = True
    return channel


def _operation_name(topic: Topic) -> str:
    words = topic.name.split("-")
    return _OPERATIONS[topic][0] + "".join(word.capitalize() for word in words)


def _operation(topic: Topic) -> Json:
    action, summary = _OPERATIONS[topic]
    channel = {"$ref": f"#/channels/{topic.name}"}
    return {"action": action, "channel": channel, "summary": summary}


def _message(model: type[Message], topic: Topic) -> Json:
    text = getdoc(model) or ""
    message: Json = {
        "name": model.__name__,
        "title": model.__name__,
        "summary": text.partition("\n")[0],
        "description": text,
        "contentType": JSON,
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "bindings": _key(topic),
    }
    if issubclass(model, EventBase):
        message["headers"] = _headers(event_type(model.__name__))
        message["correlationId"] = {"location": "$message.header#/ce_subject"}
    return message


def _cloudevents() -> Json:
    """Return the other two forms in which findings are taken."""
    headers = {f"ce_{name}": _ATTRIBUTES[name] for name in _REQUIRED}
    return {
        "FindingCloudEvent": {
            "name": "FindingCloudEvent",
            "title": "A finding as a CloudEvent, structured mode",
            "contentType": CLOUDEVENT_JSON,
            "payload": {"$ref": "#/components/schemas/CloudEvent"},
            "bindings": _key(topics.FINDINGS),
        },
        "FindingCloudEventBinary": {
            "name": "FindingCloudEventBinary",
            "title": "A finding as a CloudEvent, binary mode: the value is the data alone",
            "contentType": JSON,
            "headers": {"type": "object", "required": list(headers), "properties": headers},
            "payload": {"type": "object"},
            "bindings": _key(topics.FINDINGS),
        },
    }


def _headers(ce_type: str) -> Json:
    text = {"type": "string"}
    named = ("ce_id", "ce_source", "ce_subject", "ce_time", "ce_sequence")
    properties = {
        "content-type": {"const": JSON},
        "ce_specversion": {"const": "1.0"},
        "ce_type": {"const": ce_type},
        **dict.fromkeys(named, text),
    }
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties | {"traceparent": text},
    }


def _key(topic: Topic) -> Json:
    key = {"type": "string", "description": topic.key}
    return {"kafka": {"key": key, "bindingVersion": "0.5.0"}}


def _require_type(schema: Json) -> None:
    """Say that ``type`` is always there: our side writes it, though it need not be told it."""
    if "const" in schema["properties"].get("type", {}):
        schema["required"] = ["type", *schema.get("required", [])]


def _plain(schema: Any) -> Any:
    """Return a schema without what means something else in AsyncAPI than in OpenAPI."""
    if isinstance(schema, dict):
        return {
            key: _plain(value)
            for key, value in schema.items()
            # Here it would have to be a word; which model it is, ``type`` says in each.
            if not (key == "discriminator" and isinstance(value, dict) and "propertyName" in value)
        }
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema
