"""Templates to answers. Everything that is put into a template is escaped, without exception."""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.page import shapes, words

_HEADERS = {
    # Nothing from elsewhere, nothing inline: markup that got in could still run no script.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_TEMPLATES = Environment(
    loader=PackageLoader("api.page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(
    duration=words.duration,
    json=words.json,
    limits=shapes.limits,
    moment=words.moment,
    properties=shapes.properties,
    prose=shapes.prose,
    shape=shapes.shape,
    spoken=words.spoken,
)


def rendered(template: str, status: int = 200, **said: Any) -> web.Response:
    """Return the page that a template makes of what is said."""
    return page_of(made(template, **said), status)


def made(template: str, **said: Any) -> str:
    """Return the markup that a template makes of what is said."""
    return _TEMPLATES.get_template(template).render(**said)


def page_of(text: str, status: int = 200) -> web.Response:
    """Return the page with this markup."""
    return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)
