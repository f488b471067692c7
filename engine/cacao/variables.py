"""Variables of documents: their names, declared values, types, and where a text uses them.

Every value is a text, whatever the type (10.18); None is unknown. A name is always spelled with
its underscores; ``$$name$$`` of CACAO 1 is the same variable.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import orjson

from engine.cacao.documents import VariablePart
from engine.cacao.uses import NAME_MAX, names, replaced
from schemas.messages import JsonObject
from schemas.problems import Problem, below
from schemas.workflows import Variable, Workflow

# A word is taken whole: what was passed is not read again.
_WORD = re.compile(r"(?P<word>[\w-]++)(?P<more>:?)", re.ASCII)
_HEX = re.compile(r"(0x)?[0-9a-fA-F]*", re.ASCII)
_INTEGER = re.compile(r"[-+]?\d{1,40}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][-+]?\d{1,3})?", re.ASCII)
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}", re.ASCII)


def canonical(name: str) -> str:
    """Return a name as it is spelled here: ``__name__``, for ``name`` and ``$$name$$`` too."""
    if name.startswith("$$") and name.endswith("$$") and len(name) > 4:
        name = name[2:-2]
    name = name.removesuffix(":value")
    is_whole = len(name) > 4 and name.startswith("__") and name.endswith("__")
    return name if is_whole else f"__{name}__"


def bare(name: str) -> str:
    """Return a name without its underscores."""
    return canonical(name)[2:-2]


def declared(parts: Mapping[str, VariablePart] | None) -> dict[str, Variable]:
    """Return the declared variables by their names."""
    return {
        canonical(name): Variable(
            type=part.type or "string",
            value=None if part.value is None else text(part.value),
            constant=part.constant is True,
            external=part.external is True,
        )
        for name, part in (parts or {}).items()
    }


def uses(value: str) -> list[str]:
    """Return the names of the variables that a text uses, each once."""
    return names(value, old=True)


def bare_names(value: str) -> list[str]:
    """Return what looks like a variable but is text: a name without ``:value``."""
    words = (found["word"] for found in _WORD.finditer(value) if not found["more"])
    return list(dict.fromkeys(word for word in words if _is_name(word)))


def filled(value: str, find: Callable[[str], str]) -> str:
    """Return a text with the values that ``find`` gives in place of variables.

    What a value says is never read again: no value can bring in another variable.
    """
    return replaced(value, find, old=True)


def text(value: Any) -> str:
    """Return a JSON value as the text that a variable holds."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # A number of more than 64 bits: orjson writes none, other people's JSON may hold one.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def typed(variable: Variable | None, value: str) -> Any:
    """Return a value as what its declared type makes of it; what is not of it stays a text."""
    kind = "string" if variable is None else variable.type
    if kind in ("integer", "long") and _INTEGER.fullmatch(value):
        return int(value)
    if kind == "float" and _FLOAT.fullmatch(value):
        return float(value)
    if kind in ("bool", "boolean") and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    if kind in ("dictionary", "list"):
        return parsed(value)
    return value


def parsed(value: str) -> Any:
    """Return what a text says as JSON, the text itself if it is none."""
    try:
        return orjson.loads(value)
    except ValueError:
        return value


def is_of(kind: str, value: str) -> bool:
    """Tell whether a text is a value of a type. Of a type that is not known here, any is."""
    check = _CHECKS.get(kind)
    return check is None or check(value)


def parameter_problems(workflow: Workflow, given: JsonObject, pointer: str) -> Iterator[Problem]:
    """Yield what is wrong with the parameters of a run: they are its external variables."""
    known = {n: v for n, v in workflow.variables.items() if v.external and not v.constant}
    names = {canonical(name) for name in given}
    for name, value in given.items():
        variable, at = known.get(canonical(name)), below(pointer, name)
        if variable is None and canonical(name) not in workflow.undeclared:
            takes = ", ".join(bare(each) for each in (*known, *workflow.undeclared)) or "none"
            if canonical(name) in workflow.variables:
                yield Problem(at, f"is no external variable: a run cannot be given it ({takes})")
            else:
                yield Problem(at, f"is not declared by the playbook (known: {takes})")
        elif variable is not None and not is_of(variable.type, text(value)):
            yield Problem(at, f"is not of the type {variable.type}")
    for name, variable in known.items():
        if variable.value is None and name not in names:
            yield Problem(below(pointer, bare(name)), "is required: an external variable")


def _is_name(word: str) -> bool:
    is_framed = word.startswith("__") and word.endswith("__") and 4 < len(word) <= NAME_MAX
    return is_framed and word[2].isalpha()


def _parses(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            parse(value)
        except (ValueError, AddressValueError):
            return False
        return True

    return check


def _is_object(value: str) -> bool:
    return isinstance(parsed(value), dict)


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_CHECKS: dict[str, Callable[[str], bool]] = {
    "bool": lambda value: value.casefold() in ("true", "false"),
    "dictionary": _is_object,
    "float": _matches(_FLOAT),
    "hexstring": _matches(_HEX),
    "integer": _matches(_INTEGER),
    "long": _matches(_INTEGER),
    "ipv4-addr": _parses(lambda value: IPv4Address(value.partition("/")[0])),
    "ipv6-addr": _parses(lambda value: IPv6Address(value.partition("/")[0])),
    "mac-addr": _matches(_MAC),
    "uuid": _parses(UUID),
}
"""Types of which a wrong value can be told. Of a hash or an address, a text is taken as it is."""
