"""The extension of CACAO documents that carries what CACAO itself has no words for.

Its JSON schema is published (``schemas/cacao/extension-1.0.0.json``): whoever has the document
can read the whole playbook out of it, and tell whether it is still the one that was exported.
"""

from typing import Literal

from pydantic import Field

from schemas.messages import unsaid
from schemas.playbooks import Playbook
from schemas.steps import Definition, StepId

VERSION = "1.0.0"
"""Of the extension: a released one keeps its meaning."""

Digest = str
"""SHA-256 in hexadecimal, of JSON in its canonical form (RFC 8785)."""


class NamedSecret(Definition):
    """A secret that was taken out. pointer: where it stood in the playbook."""

    pointer: str
    name: str


class PlaybookExtension(Definition):
    """Under ``playbook_extensions``.

    playbook: the whole playbook, as its author wrote it. digest: of the document without this
    extension, ``created``, ``modified``, ``signatures`` and its processing summary.
    condition_style: ``soarca`` when
    lone comparisons stand without brackets. secrets: what has to be set where it is imported.
    """

    playbook: Playbook
    digest: Digest = Field(pattern=r"^[0-9a-f]{64}$")
    condition_style: Literal["bracketed", "soarca"] = Field(default="bracketed")
    secrets: list[NamedSecret] = Field(default_factory=list, exclude_if=unsaid)


class StepExtension(Definition):
    """Under ``step_extensions``.

    step_id: of the step in the playbook. digest: of the step without ``step_extensions``.
    copy_of: key of the step that this one repeats, since two branches come to it.
    """

    step_id: StepId
    digest: Digest = Field(pattern=r"^[0-9a-f]{64}$")
    copy_of: str | None = Field(default=None, exclude_if=unsaid)
