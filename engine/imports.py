"""Documents that come in: which form each has, and the playbook that it would be."""

from dataclasses import dataclass, field
from typing import Any, Literal

from engine import playbooks
from engine.cacao import restoring
from engine.cacao.identifiers import PLAYBOOK
from engine.cacao.importing import imported
from engine.cacao.losses import CacaoWarning
from engine.revisions import Authored
from schemas.messages import JsonObject
from schemas.playbooks import Playbook
from schemas.problems import Problem

Format = Literal["cacao_v2", "native"]

_BEYOND = (
    "was edited after it was exported, in a way that has no place in the playbook that it was: it "
    "is imported as a document of others"
)
_UNNAMED = "pb-to-be-named"


@dataclass(frozen=True)
class Import:
    """What would become of a document.

    definition: the playbook, switched off; None: it cannot be one, for the reasons in
    ``problems``. own: it is one of our exports. identity: the id of a document of others.
    authored: the times that a document of ours says.
    """

    format: Format
    definition: JsonObject | None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[CacaoWarning] = field(default_factory=list)
    own: bool = False
    identity: str | None = None
    authored: Authored | None = None

    @property
    def playbook(self) -> Playbook | None:
        """The definition, under a made-up id if it says none."""
        if self.definition is None:
            return None
        return Playbook.model_validate({"id": _UNNAMED, **self.definition})


def planned(document: Any) -> Import:
    """Return what would become of a document: CACAO 2.0, or a playbook as an author writes it."""
    if not isinstance(document, dict) or not _is_cacao(document):
        found = playbooks.problems(document)
        return Import("native", None if found else {**document, "enabled": False}, found)
    ours = restoring.restored(document)
    if ours is not None:
        return Import(
            "cacao_v2",
            {**ours.definition, "enabled": False},
            warnings=ours.warnings,
            own=True,
            authored=Authored(ours.created, ours.modified),
        )
    theirs = imported(document)
    beyond = [CacaoWarning("", _BEYOND, "edited")] if restoring.is_ours(document) else []
    return Import(
        "cacao_v2",
        theirs.definition,
        theirs.problems,
        [*beyond, *theirs.warnings],
        identity=theirs.identity,
    )


def _is_cacao(document: JsonObject) -> bool:
    """Tell a CACAO document from a playbook of ours, which has neither word."""
    return document.get("type") == PLAYBOOK or "spec_version" in document
