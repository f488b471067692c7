"""Templates to answers. Everything that is put into a template is escaped, without exception."""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.page import words

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
    duration=words.duration, json=words.json, moment=words.moment, spoken=words.spoken
)


def rendered(template: str, status: int = 200, **said: Any) -> web.Response:
    """Return the page that a template makes of what is said."""
    text = _TEMPLATES.get_template(template).render(**said)
    return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)
