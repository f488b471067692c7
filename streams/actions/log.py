"""``log``: writes a line to the log of the worker. For trying out, and for the record."""

from typing import Any, ClassVar

import structlog
from pydantic import ConfigDict

from streams.actions.connector import Call, Connector
from streams.actions.parameters import ActionOutput, ActionParameters, ConnectorSettings

log = structlog.get_logger(__name__)


class LogParameters(ActionParameters):
    """Anything."""

    model_config = ConfigDict(extra="allow")


class LogOutput(ActionOutput):
    """What was said."""

    model_config = ConfigDict(extra="allow")


class Log(Connector[LogParameters, ConnectorSettings]):
    """Logs its parameters, and returns them."""

    name = "log"
    summary = "Writes its parameters to the log of the worker, and returns them."
    Parameters = LogParameters
    Output = LogOutput
    idempotency = "natural"
    carries = "asked"
    example_output: ClassVar[Any] = {}

    async def run(self, call: Call[ConnectorSettings], parameters: LogParameters) -> LogOutput:
        """Log what was said. In one value, so that no text can pass for a field or a line."""
        said = parameters.model_dump()
        log.info(
            "action",
            action_ref=call.action_ref,
            execution_id=call.execution_id,
            step_id=call.step_id,
            parameters=call.redaction.value(said),
        )
        return LogOutput(**said)

    def example(self, parameters: LogParameters) -> Any:
        """Return what was said: the output of this one needs no doing."""
        return parameters.model_dump()
