"""Secrets that stand in a playbook in clear: what others get names them instead."""

import re
from typing import Any, Final, NamedTuple

from engine.expressions import MARK
from engine.templates.compiling import is_template
from schemas.playbooks import Playbook
from schemas.problems import below

_SECRET: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|credential|cookie|authorization|bearer"
    r"|(api|access|private|auth|signing|encryption)[_-]?key",
    re.IGNORECASE,
)
_USER_INFO: Final = re.compile(r"(?<=://)([^\s/@:{}]*):([^\s/@{}]+)(?=@)")
_SCHEME: Final = re.compile(r"\b(bearer|basic|token|apikey|splunk)\b", re.IGNORECASE)
_INSERTED: Final = "{{{{ secrets.{name} }}}}"
_TOLD: Final = "secret {name}"
_NAMES_MAX = 100


class Named(NamedTuple):
    """A secret that was taken out. pointer: where it stood in the playbook; name: its secret."""

    pointer: str
    name: str


class Cleared(NamedTuple):
    """A definition without secrets in clear, and where they were."""

    definition: Playbook
    taken: list[Named]


def cleared(definition: Playbook) -> Cleared:
    """Return a definition with ``{{ secrets.NAME }}`` wherever a secret stands in clear.

    What says to be a secret by its key is taken for one, and so is a password in a URL.
    """
    said = definition.model_dump(mode="json", exclude_unset=True)
    taken: list[Named] = []
    for index, step in enumerate(said["steps"]):
        # What is given to another playbook may name no secret: there it only says which.
        form = _TOLD if step["type"] == "playbook" else _INSERTED
        for owner, at in ((step, f"/steps/{index}"), (step.get("undo") or {}, "/undo")):
            at = at if owner is step else f"/steps/{index}{at}"
            if "parameters" in owner:
                clearing = _Clearing(step["id"], form, taken)
                owner["parameters"] = clearing.value(owner["parameters"], "", f"{at}/parameters")
    for name, parameter in said.get("parameters", {}).items():
        if _SECRET.search(name) and parameter.get("default") not in (None, ""):
            parameter["default"] = None
            taken.append(Named(below("/parameters", name, "default"), _name("", name)))
    if not taken:
        return Cleared(definition, taken)
    return Cleared(Playbook.model_validate(said), taken)


class _Clearing:
    """The parameters of one step. form: how a secret is named in its place."""

    def __init__(self, step_id: str, form: str, taken: list[Named]) -> None:
        self._step_id = step_id
        self._form = form
        self._taken = taken

    def value(self, value: Any, key: str, pointer: str) -> Any:
        """Return a value without secrets. key: the nearest name that it stands under."""
        if isinstance(value, dict):
            return {k: self.value(v, k, below(pointer, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(v, key, below(pointer, i)) for i, v in enumerate(value)]
        if isinstance(value, bool) or value in (None, ""):
            return value
        if _SECRET.search(key) and _is_clear(value):
            return self._named(key, pointer)
        if isinstance(value, str) and _USER_INFO.search(value):
            named = self._named(key, pointer)
            return _USER_INFO.sub(lambda found: f"{found[1]}:{named}", value)
        return value

    def _named(self, key: str, pointer: str) -> str:
        name = _name(self._step_id, key)
        self._taken.append(Named(pointer, name))
        return self._form.format(name=name)


def _is_clear(value: Any) -> bool:
    """Tell whether there is more to a value than templates and the words around a token."""
    if not isinstance(value, str):
        return True
    rest = MARK.sub("", value) if is_template(value) else value
    return bool(_SCHEME.sub("", rest).strip(" :,;\"'"))


def _name(step_id: str, key: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", f"{step_id}_{key}").strip("_").upper()[:_NAMES_MAX]
    return words if words[:1].isalpha() else f"SECRET_{words}"
