"""Options made out of ``streams/settings.py``: name, help, default and variable of each setting.

A command that takes ``settings: Settings`` is decorated with the settings that it uses.
"""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

import typer
from pydantic.fields import FieldInfo

from streams.settings import Settings, environment_name, load

# A password on a command line can be read by everybody on the machine.
_ENVIRONMENT_ONLY = {name for name in Settings.model_fields if "password" in name}

ALL = tuple(name for name in Settings.model_fields if name not in _ENVIRONMENT_ONLY)

LOGS = ("log_format", "log_level")
CLUSTER = tuple(
    name for name in ALL if name in ("broker", "topic_prefix", "data_dir") or name[:6] == "kafka_"
)
EMBEDDED = ("broker_port", "data_dir")
TOPICS = ("partitions", "replication_factor")
API = ("api_host", "api_port", "metrics_public", "rate_limit", "retention", "table")


def apart_from(*names: str) -> tuple[str, ...]:
    """Return all settings but these."""
    return tuple(name for name in ALL if name not in names)


def with_settings(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command an option for each of these settings, and itself the settings loaded.

    Raises SettingsError when called with settings that cannot be.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def decorated(**given: Any) -> Any:
            options = {name: value for name in names if (value := given.pop(name)) is not None}
            return command(settings=load(**options), **given)

        own = [each for each in signature(command).parameters.values() if each.name != "settings"]
        # Above the annotations: those of ``command`` name a parameter that is no option.
        decorated.__annotations__ = {each.name: each.annotation for each in own}
        decorated.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
            parameters=[
                *(each.replace(kind=Parameter.KEYWORD_ONLY) for each in own),
                *(_option(name, Settings.model_fields[name]) for name in names),
            ]
        )
        return decorated

    return decorate


def _option(name: str, field: FieldInfo) -> Parameter:
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        # Text: the settings read it, and say in their own words what is wrong with it.
        annotation=str | None,
        default=typer.Option(
            None,
            "--" + name.replace("_", "-"),
            envvar=environment_name(name),
            help=field.description,
            show_default=_shown_default(field),
            metavar=_metavar(name),
            rich_help_panel="Settings",
        ),
    )


def _shown_default(field: FieldInfo) -> str | bool:
    default = field.get_default(call_default_factory=True)
    if default is None or default in ((), ""):
        return "none" if default is None else False
    return str(default)


def _metavar(name: str) -> str:
    last = name.rpartition("_")[2]
    known = {"dir": "DIR", "port": "PORT", "host": "HOST", "broker": "HOST:PORT", "table": "URL"}
    return known.get(last, "FILE" if last.endswith("file") else "VALUE")
