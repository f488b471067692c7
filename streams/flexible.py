"""Requests in versions that aiokafka (0.14) does not know: those of KIP-482, with tagged fields.

Its connections send them all the same, since all that they ask of a request is a struct.

Source: KIP-482, "The Kafka Protocol should Support Optional Tagged Fields".
"""

from collections.abc import Mapping
from typing import Any

from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import CompactString, Schema, TaggedFields

TEXT = CompactString("utf-8")
TAGS = ("tags", TaggedFields)
NO_TAGS: Mapping[int, bytes] = {}


class Flexible:
    """One version of a request. asked, answered: the fields of both, without those of headers."""

    def __init__(self, api_key: int, version: int, asked: Schema, answered: Schema) -> None:
        self.version = version
        of_both = {"API_KEY": api_key, "API_VERSION": version}
        answer = type("Answer", (Response,), of_both | {"SCHEMA": answered})
        said = {"SCHEMA": asked, "FLEXIBLE_VERSION": True, "RESPONSE_TYPE": answer}
        self._struct = type("Asked", (RequestStruct,), of_both | said)

    def __call__(self, *values: Any) -> "Asked":
        """Return a request with these values, in the order of its fields."""
        return Asked(self._struct(*values))


class Asked:
    """A request, for ``AIOKafkaClient.send``."""

    def __init__(self, struct: Any) -> None:
        self.API_KEY = struct.API_KEY
        self._struct = struct

    def prepare(self, _: Mapping[int, tuple[int, int]]) -> Any:
        """Return what is sent, whatever versions a broker says that it knows."""
        return self._struct
