"""The way back of ``engine/cacao/exporting``: variables to templates, conditions to expressions."""

from collections.abc import Mapping
from typing import Any

from engine.cacao.uses import replaced
from engine.expressions import MARK
from engine.patterns.errors import PatternError
from engine.patterns.patterns import compiled
from engine.patterns.tree import All, Comparison, Either, Not, Part

_NEGATED = {"=": "!=", "IN": "not in"}
_WORDS = {"=": "==", "IN": "in"}


class Templates:
    """What the variables of a document stand for, by their descriptions."""

    def __init__(self, declared: Mapping[str, Any]) -> None:
        """declared: ``playbook_variables``."""
        self._meanings = {
            name: str(variable["description"])
            for name, variable in declared.items()
            if isinstance(variable, dict) and "description" in variable
        }

    def value(self, value: Any) -> Any:
        """Return a JSON value with templates in place of variables."""
        if isinstance(value, str):
            return replaced(value, lambda name: self._meanings.get(name, f"{name}:value"))
        if isinstance(value, dict):
            return {name: self.value(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return value

    def code(self, variable: str) -> str | None:
        """Return the expression that a variable (``__name__:value``) stands for."""
        meaning = self._meanings.get(variable.removesuffix(":value"))
        mark = None if meaning is None else MARK.fullmatch(meaning)
        return meaning if mark is None else mark["code"].strip()

    def expression(self, condition: str) -> str | None:
        """Return the expression that a condition is, None when there is no word for it here."""
        try:
            return self._part(compiled(condition).part)
        except PatternError:
            return None

    def _part(self, part: Part) -> str | None:
        match part:
            case All(parts=parts):
                return self._joined(" and ", parts)
            case Either(parts=parts):
                return self._joined(" or ", parts)
            case Not(part=Comparison() as comparison) if comparison.operator in _NEGATED:
                return self._comparison(comparison, _NEGATED[comparison.operator])
            case Comparison():
                return self._comparison(part, _WORDS.get(part.operator, part.operator))
        return None

    def _joined(self, word: str, parts: tuple[Part, ...]) -> str | None:
        said = [self._part(part) for part in parts]
        if None in said:
            return None
        nested = [isinstance(part, All | Either) for part in parts]
        return word.join(
            f"({text})" if within else str(text) for text, within in zip(said, nested, strict=True)
        )

    def _comparison(self, comparison: Comparison, word: str) -> str | None:
        path = comparison.path
        code = self.code(path.name)
        if code is None or path.steps or path.each:
            return None
        if comparison.operator == "=" and comparison.operand is True and word == "==":
            # A variable that stands for a whole expression is asked whether it holds.
            return code
        literal = _literal(comparison.operand)
        return None if literal is None else f"{code} {word} {literal}"


def _literal(operand: Any) -> str | None:
    match operand:
        case bool():
            return "true" if operand else "false"
        case int() | float():
            return repr(operand)
        case str():
            escaped = operand.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case tuple():
            literals = [_literal(each) for each in operand]
            return None if None in literals else f"[{', '.join(map(str, literals))}]"
    return None
