"""Templates in playbooks: every string of a JSON value, rendered or checked.

Called when a step starts (``render``) and where a playbook enters (``problems``).
"""

from dataclasses import dataclass, field
from typing import Any

from engine.contexts import Context
from engine.templates.compiling import Result, compiled, is_template
from engine.templates.errors import Failed, TemplateError, TooLarge
from engine.templates.limits import VALUE_NESTING_MAX, Work
from engine.templates.values import size
from schemas.messages import SecretParts
from schemas.problems import Problem, below

_NO_SECRETS = "secrets can only be inserted in the parameters of an action"
_REASON_MAX = 300


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered value, and where secrets belong in it.

    value: plain JSON. Where a secret belongs its reference stands, ``{{ secrets.NAME }}``.
    secrets: JSON pointer into ``value`` → the parts of that string: text, or
    ``{"secret": NAME}``. Whatever else looks like a reference is somebody's text.
    """

    value: Any
    secrets: dict[str, SecretParts] = field(default_factory=dict)


def render(value: Any, context: Context, *, allow_secrets: bool = False) -> Rendered:
    """Return ``value`` with every string rendered in ``context``.

    A string that is one lone ``{{ expression }}`` becomes its value, of whatever type; in any
    other text strings are inserted as they are, everything else as JSON. Keys stay as they are.
    Raises TemplateError.
    """
    rendering = _Rendering(context, allow_secrets)
    return Rendered(rendering.value(value, "", 0), rendering.secrets)


def problems(value: Any, pointer: str, *, allow_secrets: bool = True) -> list[Problem]:
    """Return what is wrong with the templates in ``value``, which stands at ``pointer``.

    Only what is wrong in any context: a variable may still be missing when it is rendered.
    """
    found: list[Problem] = []
    _check(value, pointer, allow_secrets, found, 0)
    return found


class _Rendering:
    """One call of ``render``: what is left of its limits, and the secrets met so far."""

    def __init__(self, context: Context, allow_secrets: bool) -> None:
        self.secrets: dict[str, SecretParts] = {}
        self._context = context
        self._allow_secrets = allow_secrets
        self._work = Work()

    def value(self, value: Any, pointer: str, depth: int) -> Any:
        """Return ``value``, which stands at ``pointer``, rendered."""
        if isinstance(value, str):
            return self._string(value, pointer)
        if isinstance(value, dict | list) and depth == VALUE_NESTING_MAX:
            raise _located(_too_deep(), pointer)
        if isinstance(value, dict):
            return {k: self.value(v, below(pointer, k), depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(v, below(pointer, i), depth + 1) for i, v in enumerate(value)]
        return value

    def _string(self, source: str, pointer: str) -> Any:
        try:
            result = self._rendered(source) if is_template(source) else Result(source)
            self._work.give(size(result.value))
        except TemplateError as error:
            raise _located(error, pointer) from None
        except Exception as error:
            # An expression is the author's and its operands are a detector's: whatever they
            # do together, the step fails with its reason, and the execution goes on.
            reason = f"{type(error).__name__}: {error}"[:_REASON_MAX]
            raise _located(Failed(reason), pointer) from error
        if result.secrets is not None:
            self.secrets[pointer] = result.secrets
        return result.value

    def _rendered(self, source: str) -> Result:
        template = compiled(source)
        if template.secrets and not self._allow_secrets:
            raise TemplateError("template_secret", _NO_SECRETS)
        return template.render(self._context, self._work)


def _check(value: Any, pointer: str, secrets: bool, found: list[Problem], depth: int) -> None:
    if isinstance(value, str) and is_template(value):
        try:
            if compiled(value).secrets and not secrets:
                found.append(Problem(pointer, _NO_SECRETS))
        except TemplateError as error:
            found.append(Problem(pointer, error.message))
    elif isinstance(value, dict | list) and depth == VALUE_NESTING_MAX:
        found.append(Problem(pointer, _too_deep().message))
    elif isinstance(value, dict):
        for key, each in value.items():
            if is_template(key):
                found.append(Problem(below(pointer, key), "a key is never rendered; name it"))
            _check(each, below(pointer, key), secrets, found, depth + 1)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _check(each, below(pointer, index), secrets, found, depth + 1)


def _too_deep() -> TooLarge:
    return TooLarge("the nesting of a value", f"{VALUE_NESTING_MAX} levels")


def _located(error: TemplateError, pointer: str) -> TemplateError:
    error.pointer = pointer
    return error
