"""Features of a Kafka cluster: what all of its brokers have agreed to do.

Source: KIP-584, "Versioning scheme for features"; Kafka protocol guide, ApiVersions.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.api import ResponseHeader_v0
from aiokafka.protocol.types import CompactArray, Int16, Int32, Schema

from streams.flexible import NO_TAGS, TAGS, TEXT, Flexible

_FINALIZED_TAG = 2
_FINALIZED = CompactArray(("name", TEXT), ("level", Int16), ("level_min", Int16), TAGS)

_VERSIONS = Flexible(
    ApiVersionRequest.API_KEY,
    3,
    Schema(("software_name", TEXT), ("software_version", TEXT), TAGS),
    Schema(
        ("error_code", Int16),
        ("apis", CompactArray(("api_key", Int16), ("first", Int16), ("last", Int16), TAGS)),
        ("throttle_time_ms", Int32),
        TAGS,
    ),
)


async def level(client: AIOKafkaClient, node_id: int, feature: str) -> int:
    """Return at which level a feature stands, as a broker knows it; 0: there is no such feature.

    Raises KafkaError.
    """
    answer = await client.send(node_id, _Question())
    found = getattr(answer, "tags", {}).get(_FINALIZED_TAG)
    features = [] if found is None else _FINALIZED.decode(BytesIO(found)) or []
    return next((at for name, at, *_ in features if name == feature), 0)


class _Question:
    """ApiVersions, in the version that tells of features if the broker has it."""

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> Any:
        _, last = versions.get(ApiVersionRequest.API_KEY, (0, 0))
        if last < _VERSIONS.version:
            return ApiVersionRequest().prepare(versions)
        asked = _VERSIONS("playbook-streams", "1", NO_TAGS).prepare(versions)
        # Alone of all such answers it has the old header: who asks may not know the new one.
        asked.parse_response_header = ResponseHeader_v0.decode
        return asked
