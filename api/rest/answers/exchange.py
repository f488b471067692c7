"""Imports as they are answered."""

from typing import Any, Literal

from pydantic import BaseModel

from api.rest.answers.playbooks import Fault, PlaybookCreated


class ImportWarning(Fault):
    """Something to know about an import. kind: a stable word."""

    kind: str


class PlaybookImported(PlaybookCreated):
    """What an import is answered with. Imports are switched off."""

    enabled: bool
    warnings: list[ImportWarning]


class LevelFinding(Fault):
    """What is wrong with a CACAO document by one level of the standard."""

    level: Literal["official", "strict", "semantic"]


class GraphNode(BaseModel):
    """A step in a picture."""

    id: str
    name: str
    type: str


class GraphEdge(BaseModel):
    """A way from a step to another, or to ``end``."""

    source: str
    target: str
    kind: str
    label: str


class ImportGraph(BaseModel):
    """A playbook as a picture."""

    mermaid: str
    start: str
    nodes: list[GraphNode]
    edges: list[GraphEdge]


class ImportPreview(BaseModel):
    """What an import would do; nothing has been created.

    format: what the document is. own: it is an export of this product, taken as the playbook
    that it was. exists: id of the playbook that is there already. playbook: the native form,
    None when it cannot be one, for the reasons in ``errors``.
    levels: of a CACAO document, whether it passes each level; findings: what is wrong with it.
    """

    dry_run: Literal[True] = True
    valid: bool
    format: Literal["cacao_v2", "native"]
    own: bool
    exists: str | None
    playbook: dict[str, Any] | None
    graph: ImportGraph | None
    levels: dict[str, bool]
    findings: list[LevelFinding]
    errors: list[Fault]
    warnings: list[ImportWarning]
