"""A string becomes a template: read, checked and compiled once, then kept.

Three kinds, by what they need: plain paths between texts, which most templates are and which
do not need jinja2; one lone expression, which keeps the type of its value; anything else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from jinja2 import Template as Jinja
from jinja2 import TemplateSyntaxError, nodes

from engine.contexts import EVENT_ROOTS, RUN_ROOTS, SECRETS, Context
from engine.paths import MISSING, child
from engine.templates.errors import TemplateError, TooLarge
from engine.templates.filters import RenderContext
from engine.templates.language import Language, secret_misused
from engine.templates.limits import RENDERED_BYTES_MAX, SOURCE_BYTES_MAX, Work
from engine.templates.sandbox import SANDBOX, Sandbox
from engine.templates.values import Absent, Secret, plain, size, text
from schemas.messages import SecretParts

_HEADS = "|".join((*EVENT_ROOTS, *RUN_ROOTS, SECRETS))
_STEP = r"steps\.[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*"
_PLAIN = re.compile(
    rf"\{{\{{\s*((?:{_STEP}|{_HEADS})(?:\.(?:[A-Za-z_]\w*|\d+))*)\s*\}}\}}", re.ASCII
)

# Whatever is not closed goes on to the end: looking for a close once per open is quadratic.
# Groups are atomic, never possessive: Python before 3.11.5 misreads those.
STRING = r"'(?>(?:\\.|[^'\\])*)(?:'|\\?\Z)|\"(?>(?:\\.|[^\"\\])*)(?:\"|\\?\Z)"
_BLOCK = re.compile(
    r"\{%-?\s*raw\s*-?%\}.*?(?:\{%-?\s*endraw\s*-?%\}|\Z)|\{#.*?(?:#\}|\Z)"
    rf"|(?P<code>\{{\{{(?>(?:{STRING}|[^'\"}}]|\}}(?!\}}))*)(?:\}}\}})?"
    rf"|\{{%(?>(?:{STRING}|[^'\"%]|%(?!\}}))*)(?:%\}})?)",
    re.DOTALL,
)
_HYPHENATED = re.compile(
    rf"({STRING})|(?<![\w.\]])steps\.([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)+)", re.DOTALL
)
_RESULT = "_result"


@dataclass(frozen=True, slots=True)
class Result:
    """What a template gives. secrets: the parts of the text, None without a secret in it."""

    value: Any
    secrets: SecretParts | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A string that is a template. ``secrets`` tells whether it inserts any."""

    secrets: bool

    def render(self, context: Context, work: Work) -> Result:
        """Return what it gives in ``context``. Raises TemplateError."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class _Path:
    words: str
    head: str
    rest: tuple[str, ...]

    def value(self, context: Context) -> Any:
        value = context.root(self.head)
        if value is MISSING:
            Absent(name=self.head, words=self.words).fail()
        for index, name in enumerate(self.rest):
            parent, value = value, child(value, name)
            if value is MISSING:
                words = ".".join((self.head, *self.rest[: index + 1]))
                Absent(obj=parent, name=name, words=words).fail()
        return value


@dataclass(frozen=True, slots=True)
class _Plain(Template):
    pieces: tuple[str | _Path | Secret, ...]

    def render(self, context: Context, work: Work) -> Result:
        pieces = self.pieces
        if len(pieces) == 1 and isinstance(pieces[0], _Path):
            return _lone(pieces[0].value(context))
        return _together(
            text(piece.value(context)) if isinstance(piece, _Path) else piece for piece in pieces
        )


@dataclass(frozen=True, slots=True)
class _Expression(Template):
    jinja: Jinja

    def render(self, context: Context, work: Work) -> Result:
        running = _context(self.jinja, context, work)
        for _ in self.jinja.root_render_func(running):
            pass
        return _lone(running.vars[_RESULT])


@dataclass(frozen=True, slots=True)
class _Mixed(Template):
    jinja: Jinja

    def render(self, context: Context, work: Work) -> Result:
        return _together(self.jinja.root_render_func(_context(self.jinja, context, work)))


def is_template(source: str) -> bool:
    """Tell whether there is anything to render in a string."""
    return "{" in source and ("{{" in source or "{%" in source or "{#" in source)


@lru_cache(maxsize=1024)
def compiled(source: str) -> Template:
    """Return the template that ``source`` is. Raises TemplateError."""
    if len(source.encode("utf-8", "replace")) > SOURCE_BYTES_MAX:
        raise TooLarge("a template", f"{SOURCE_BYTES_MAX} bytes")
    pieces = tuple(_plain_pieces(source))
    if not any(type(piece) is str and is_template(piece) for piece in pieces):
        return _Plain(any(isinstance(piece, Secret) for piece in pieces), pieces)
    try:
        return _compiled_by_jinja(source)
    except TemplateSyntaxError as error:
        message = f"{error.message} (line {error.lineno})"
    except (RecursionError, SyntaxError, MemoryError, ValueError) as error:
        message = f"cannot be read: {type(error).__name__}; make it simpler"
    raise TemplateError("template_syntax", message)


def parsed(source: str) -> nodes.Template:
    """Return the syntax tree of a template as it is written. Raises TemplateSyntaxError."""
    return SANDBOX.parse(_BLOCK.sub(_with_hyphens, source))


def _compiled_by_jinja(source: str) -> Template:
    language = Language()
    tree = language.visit(parsed(source))
    match tree.body:
        case [nodes.Output(nodes=[expression])] if not language.secrets:
            return lone(expression, SANDBOX)
    return _Mixed(language.secrets, _loaded(tree, SANDBOX))


def lone(expression: nodes.Expr, sandbox: Sandbox) -> Template:
    """Return the template that gives the value of an expression which ``Language`` let through."""
    target = nodes.Name(_RESULT, "store", lineno=1)
    tree = nodes.Template([nodes.Assign(target, expression, lineno=1)], lineno=1)
    return _Expression(False, _loaded(tree, sandbox))


def _loaded(tree: nodes.Template, sandbox: Sandbox) -> Jinja:
    tree.set_environment(sandbox)
    return sandbox.from_string(tree)


def _with_hyphens(block: re.Match[str]) -> str:
    return block[0] if block["code"] is None else with_hyphens(block[0])


def with_hyphens(code: str) -> str:
    """Return code of the language in which ``steps.create-ticket`` is no subtraction."""
    return _HYPHENATED.sub(lambda m: m[1] if m[1] else f'steps["{m[2]}"]', code)


def _plain_pieces(source: str) -> Iterator[str | _Path | Secret]:
    for index, piece in enumerate(_PLAIN.split(source)):
        if index % 2 == 0:
            if piece:
                yield piece
            continue
        head, *rest = piece.split(".")
        if head != SECRETS:
            yield _Path(piece, head, tuple(rest))
        elif len(rest) == 1 and not rest[0].isdecimal():
            yield Secret(rest[0])
        else:
            raise secret_misused()


def _context(jinja: Jinja, context: Context, work: Work) -> RenderContext:
    running = cast(RenderContext, jinja.new_context(context.roots()))
    running.work = work
    return running


def _lone(value: Any) -> Result:
    """Return a value as it is. Raises TemplateError: it is no JSON, or too large."""
    value = plain(value)
    if size(value) > RENDERED_BYTES_MAX:
        raise TooLarge("a rendered value", f"{RENDERED_BYTES_MAX} bytes")
    return Result(value)


def _together(chunks: Iterator[str]) -> Result:
    """Return chunks as one text. Stops as soon as it is too large, whatever would follow."""
    parts: list[str | dict[str, str]] = []
    pieces: list[str] = []
    length = 0
    for chunk in chunks:
        if isinstance(chunk, Secret):
            parts += [*_joined(pieces), {"secret": str.__str__(chunk)}]
            pieces.clear()
            continue
        length += size(chunk)
        if length > RENDERED_BYTES_MAX:
            raise TooLarge("a rendered text", f"{RENDERED_BYTES_MAX} bytes")
        pieces.append(chunk)
    hidden = bool(parts)
    parts += _joined(pieces)
    whole = "".join(p if isinstance(p, str) else f"{{{{ secrets.{p['secret']} }}}}" for p in parts)
    return Result(whole, tuple(parts) if hidden else None)


def _joined(pieces: list[str]) -> list[str]:
    """Return pieces as one text, or none: each text between two secrets is made once."""
    whole = "".join(pieces)
    return [whole] if whole else []
