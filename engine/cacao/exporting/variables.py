"""Templates as variables: ``{{ finding.title }}`` becomes ``__finding_title__:value``.

Every variable is declared external, since whoever runs the document elsewhere must bring what
an event brings here; its description is what it stands for. What is more than a path (a filter,
arithmetic, a block) is one variable for the whole of it.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

from engine.cacao.uses import replaced
from engine.expressions import MARK
from engine.templates.compiling import is_template
from schemas.messages import JsonObject
from schemas.playbooks import Parameter

HOST: Final = "__playbook_streams_host__"
"""Where the actions of a document are: nobody's address belongs in what others get."""

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[\w-]+)*", re.ASCII)
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9]+")
_BLOCKS = ("{%", "{#")
_WORDS_MAX = 100
_TYPES: Final = {"integer": "integer", "number": "float", "boolean": "bool", "object": "dictionary"}


class Variables:
    """The variables of one document, declared as they are met."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        """parameters: what a run of the playbook may be given."""
        self._parameters = parameters
        self._names: dict[str, str] = {}
        self.declared: JsonObject = {}
        for name in parameters:
            self.named(f"parameters.{name}")

    def text(self, source: str) -> str:
        """Return a text with every template in it as a variable."""
        if not is_template(source):
            return self._literal(source)
        if any(mark in source for mark in _BLOCKS):
            return f"{self._declare(source, source, 'string')}:value"
        pieces, end = [], 0
        for mark in MARK.finditer(source):
            pieces += [self._literal(source[end : mark.start()])]
            pieces += [f"{self.named(mark['code'].strip())}:value"]
            end = mark.end()
        return "".join([*pieces, self._literal(source[end:])])

    def value(self, value: Any) -> Any:
        """Return a JSON value with every template in its texts as a variable."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.value(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return value

    def named(self, code: str) -> str:
        """Return the variable for what stands in the marks of a template."""
        return self._declare(code, f"{{{{ {code} }}}}", "string")

    def whole(self, expression: str, kind: str) -> str:
        """Return the variable for an expression that there is no other word for."""
        return self._declare(expression, expression, kind)

    def declare(self, name: str, **says: Any) -> str:
        """Declare a variable of the document itself, and return its name."""
        self.declared[name] = {"type": "string", **says, "external": True}
        return name

    def _literal(self, text: str) -> str:
        """Return a text in which nothing is taken for a variable that was not meant as one."""
        return replaced(text, lambda name: f"{self._constant(f'{name}:value')}:value")

    def _constant(self, text: str) -> str:
        name = f"__text_{_digest(text)}__"
        self.declared[name] = {
            "type": "string",
            "description": text,
            "value": text,
            "constant": True,
        }
        return name

    def _declare(self, code: str, source: str, kind: str) -> str:
        if code in self._names:
            return self._names[code]
        digest = _digest(code)
        name = f"__expression_{digest}__"
        if _PATH.fullmatch(code) and len(code) <= _WORDS_MAX:
            words = _NOT_A_WORD.sub("_", code).strip("_")
            # Two paths may have the same words: finding.asset_id, finding.asset.id.
            name = f"__{words}__"
            if name in self.declared:
                name = f"__{words}_{digest}__"
        self._names[code] = name
        self.declare(name, **self._says(code, source, kind))
        return name

    def _says(self, code: str, source: str, kind: str) -> JsonObject:
        head, _, rest = code.partition(".")
        parameter = self._parameters.get(rest) if head == "parameters" else None
        if parameter is None:
            return {"type": kind, "description": source}
        says: JsonObject = {"type": _TYPES.get(parameter.type, "string"), "description": source}
        if parameter.default is not None:
            # Values are texts there, whatever their type.
            default = parameter.default
            is_text = isinstance(default, str)
            says["value"] = default if is_text else orjson.dumps(default).decode()
        return says


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]
