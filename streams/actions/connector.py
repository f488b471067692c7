"""What a connector is: the one interface between the product and the world outside.

A connector is a class in a file of its own. It declares what it takes, what it needs and
what happens when it is run twice; ``run`` does it. It holds no state: what belongs to a call
is in the ``Call``. Whoever wants a connector of their own derives from ``Connector`` and
hands the class to ``Actions``; nothing else knows the connectors by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypedDict, TypeVar

from aiohttp import ClientSession
from yarl import URL

from streams.actions.parameters import ActionOutput, ActionParameters, ConnectorSettings
from streams.actions.redaction import Redaction

P = TypeVar("P", bound=ActionParameters)
S = TypeVar("S", bound=ConnectorSettings)

Idempotency = Literal["natural", "search_before_create", "remote_key", "none"]
"""What happens when the same request runs twice, as it may after a crash.

natural: the second run changes nothing that the first has not: the remote side knows it by a
key of its own, or what is done is a state and not an event.
search_before_create: it looks for what the first has made, and returns that.
remote_key: the idempotency key goes along; whether it is honoured the remote side knows.
none: the effect happens twice. A person can tell by the key, which goes along where it can.
The first two are simply run again. The others are not: their outcome is then unknown, and the
step's ``on_unknown`` decides.
"""

_REPEATABLE = frozenset({"natural", "search_before_create"})


class Origin(TypedDict):
    """The distribution that a connector came with, as its metadata says."""

    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Call(Generic[S]):
    """One attempt of one action step, as its connector sees it.

    action_ref: the reference by which the step named the action.
    idempotency_key: the same for every attempt of a visit of the step.
    timeout_seconds: what is left until the attempt is given up, None without a limit. The
    call is cancelled then; a connector need not watch it.
    settings: the operator's, secrets resolved. traceparent: W3C trace context, if there is one.
    redaction: takes the secrets out of whatever the connector logs.
    session: reaches what any action may reach. named: origins that the operator has named in
    the actions file; named_session reaches those wherever they are.
    """

    session: ClientSession
    named_session: ClientSession
    named: frozenset[str]
    settings: S
    redaction: Redaction
    action_ref: str
    idempotency_key: str
    execution_id: str
    step_id: str
    attempt: int
    timeout_seconds: float | None
    traceparent: str | None

    def session_for(self, url: str) -> ClientSession:
        """Return the session by which a URL may be asked."""
        return self.named_session if str(URL(url).origin()) in self.named else self.session


class Connector(ABC, Generic[P, S]):
    """Does one kind of thing outside.

    name: how the actions file calls it. summary: what it does, in a sentence.
    Parameters: what a step may say. Settings: what the operator says; the two share no key.
    Output: what ``run`` returns. example_output: such an output as plain JSON, which is the
    answer of a dry run. secrets: the settings whose values are secrets.
    settle_seconds: how long after a run a search may not yet find what it has made.
    carries: the parameter in which it passes on anything, so also a command of an imported
    playbook; None: it has none.
    origin: the distribution of a plugin, said when it is loaded (``streams/plugins.py``); None: it
    is built in.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    Parameters: ClassVar[type[ActionParameters]]
    Settings: ClassVar[type[ConnectorSettings]] = ConnectorSettings
    Output: ClassVar[type[ActionOutput]]
    secrets: ClassVar[frozenset[str]] = frozenset()
    idempotency: ClassVar[Idempotency]
    settle_seconds: ClassVar[float] = 0.0
    example_output: ClassVar[Any]
    carries: ClassVar[str | None] = None
    origin: ClassVar[Origin | None] = None

    @abstractmethod
    async def run(self, call: Call[S], parameters: P) -> ActionOutput:
        """Do it, and say what came of it. Raises ActionError."""

    def is_repeatable(self, said: Mapping[str, Any]) -> bool:
        """Tell whether these parameters, as they are before secrets and checks, may run twice."""
        return self.idempotency in _REPEATABLE

    def example(self, parameters: P) -> Any:
        """Return what a dry run answers. Nothing may leave the process."""
        return self.example_output
