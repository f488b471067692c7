"""The settings: environment variables ``PLAYBOOKS_…``, or arguments that stand above them.

Made once, by the composition root, with ``load``; everything else is handed the result.
Each field has a description, which the command line shows. Two names of the environment
are no fields: ``PLAYBOOKS_SECRET_<NAME>`` (``streams/secrets.py``) and what only clients of
the REST API read.
"""

import re
import socket
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from streams.setting_values import (
    RateLimit,
    Retention,
    bootstrap_servers,
    database,
    expanded,
    kafka_name,
    listed,
    parsed_egress,
    parsed_finding_topics,
    parsed_rate_limit,
    parsed_retention,
    shown,
    words,
)

_PREFIX = "PLAYBOOKS_"

_File = Annotated[FilePath, BeforeValidator(expanded)]


def environment_name(field: str) -> str:
    """Return the environment variable of a setting: ``PLAYBOOKS_API_PORT`` of ``api_port``."""
    return _PREFIX + field.upper()


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:200] or "playbooks"


class Settings(BaseSettings):
    """Everything that can be set. Immutable; ``model_copy(update=…)`` makes another one."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True)

    broker: Annotated[str, AfterValidator(bootstrap_servers)] | None = Field(
        default=None,
        description="Kafka bootstrap servers, host:port, several separated by commas; "
        "none: a Kafka of its own is started",
    )
    broker_port: int = Field(
        default=19092,
        ge=0,
        le=65_535,
        description="port of the Kafka that is started, loopback only; 0: any free one",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how to talk to the brokers"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", description="how to authenticate with a SASL protocol"
    )
    kafka_sasl_username: str | None = Field(default=None, description="user name for SASL")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="password for SASL")
    kafka_ssl_cafile: _File | None = Field(
        default=None,
        description="PEM file of the authorities that brokers are checked against; "
        "none: those of the system",
    )
    kafka_ssl_certfile: _File | None = Field(
        default=None, description="PEM file of the client's certificate"
    )
    kafka_ssl_keyfile: _File | None = Field(
        default=None, description="PEM file of the certificate's private key"
    )
    kafka_ssl_password: SecretStr | None = Field(
        default=None, description="password of the private key"
    )
    topic_prefix: Annotated[str, AfterValidator(kafka_name)] = Field(
        default="",
        description="put before every name of a topic and a group: several deployments on one "
        "cluster",
    )
    partitions: int = Field(
        default=4, ge=1, le=10_000, description="partitions of a topic when it is created"
    )
    replication_factor: int = Field(
        default=1, ge=1, le=100, description="replicas of a topic when it is created"
    )
    finding_topics: Annotated[
        tuple[tuple[str, str], ...], NoDecode, BeforeValidator(parsed_finding_topics)
    ] = Field(
        default=(),
        description="topics beside findings to which scanners write in formats of their own: "
        "topic:format, separated by commas, as in scans.nuclei:nuclei; no prefix is put before "
        "them, and they must exist",
    )
    data_dir: Annotated[Path, AfterValidator(expanded)] = Field(
        default_factory=lambda: user_data_path("playbooks"),
        description="where the Kafka that is started, the table and the keys keep their files",
    )
    table: Annotated[SecretStr, AfterValidator(database)] | None = Field(
        default=None,
        description="PostgreSQL that holds the table, for the API on several hosts: "
        "postgresql://user:password@host:5432/database; none: a file in the data directory",
    )
    retention: Annotated[Retention, NoDecode, BeforeValidator(parsed_retention)] = Field(
        default=parsed_retention("30d"),
        description="how long executions that have ended, and refusals, stay in the table: 30d, "
        "12h …; 0: for ever",
    )
    api_host: str = Field(
        default="127.0.0.1", min_length=1, description="address that the REST API listens on"
    )
    api_port: int = Field(
        default=8080, ge=0, le=65_535, description="port of the REST API; 0: any free one"
    )
    metrics_public: bool = Field(default=False, description="let /metrics be read without a key")
    metrics_host: str = Field(
        default="127.0.0.1", min_length=1, description="address that --metrics-port listens on"
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65_535,
        description="port for the metrics of a process without the API, open to all who reach "
        "it; none: not offered",
    )
    instance: Annotated[str, AfterValidator(kafka_name)] = Field(
        default_factory=_host_name,
        min_length=1,
        description="name of this host among the workers; a slot is added, so that several may "
        "run on it",
    )
    secrets_dir: Annotated[DirectoryPath, BeforeValidator(expanded)] | None = Field(
        default=None, description="directory with a file for each secret, named like it"
    )
    vault_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+/?$",
        description="address of a HashiCorp Vault in which secrets are looked for, too",
    )
    vault_path: str = Field(
        default="secret/playbooks",
        pattern=r"^[^/\s]+(/[^/\s]+)+$",
        description="mount and entry of its KV store (version 2); a key for each secret",
    )
    vault_token: SecretStr | None = Field(default=None, description="token for Vault")
    vault_token_file: _File | None = Field(
        default=None, description="file with the token for Vault, read anew each time"
    )
    plugins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=(),
        description="connectors of other distributions that are trusted: names of entry points, "
        "separated by commas",
    )
    rate_limit: Annotated[RateLimit, NoDecode, BeforeValidator(parsed_rate_limit)] = Field(
        default=RateLimit(1_000, 100),
        description="requests a minute / at once that each API key may make; 0: any number",
    )
    egress_allow: Annotated[tuple[str, ...], NoDecode, BeforeValidator(parsed_egress)] = Field(
        default=(),
        description="private networks and hosts that actions may reach: CIDR, host or host:port, "
        "separated by commas",
    )
    actions_file: _File | None = Field(
        default=None, description="YAML file that sets up action references"
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(words)] | None = Field(
        default=None, description="console or json; none: console on a terminal, else json"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(words)] = (
        Field(default="info", description="debug, info, warning or error")
    )

    @model_validator(mode="after")
    def _security_is_complete(self) -> "Settings":
        protocol = self.kafka_security_protocol
        says = f"{environment_name('kafka_security_protocol')} is {protocol}"
        named = {field for field in type(self).model_fields if getattr(self, field) is not None}
        if protocol != "PLAINTEXT" and self.broker is None:
            raise ValueError(
                f"{says}, but the Kafka that is started speaks PLAINTEXT only: "
                f"set {environment_name('broker')} too"
            )
        sasl = {"kafka_sasl_username", "kafka_sasl_password"}
        if protocol.startswith("SASL") and sasl - named:
            raise ValueError(f"{says}: set {_names(sasl - named)} too")
        if not protocol.startswith("SASL") and sasl & named:
            raise ValueError(f"{says}, which makes no use of {_names(sasl & named)}: use SASL_SSL")
        ssl = {name for name in named if name.startswith("kafka_ssl_")}
        if not protocol.endswith("SSL") and ssl:
            raise ValueError(f"{says}, which makes no use of {_names(ssl)}: use SSL or SASL_SSL")
        if "kafka_ssl_keyfile" in ssl and "kafka_ssl_certfile" not in ssl:
            raise ValueError(
                f"{environment_name('kafka_ssl_keyfile')} is of no use without "
                f"{environment_name('kafka_ssl_certfile')}: set both"
            )
        return self


class SettingsError(ValueError):
    """Some settings are not as they must be; the text has a line for each."""

    def __init__(self, errors: list[ErrorDetails]) -> None:
        super().__init__("\n".join(_line(error) for error in errors))


def load(**options: Any) -> Settings:
    """Return the settings of the environment, with ``options`` standing above it.

    Raises SettingsError, which names every wrong one by its environment variable.
    """
    try:
        return Settings(**options)
    except ValidationError as error:
        raise SettingsError(error.errors(include_url=False)) from None


def _names(fields: set[str]) -> str:
    return " and ".join(sorted(environment_name(field) for field in fields))


def _line(error: ErrorDetails) -> str:
    sentence = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return sentence
    field = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return f"there is no setting {field}"
    # The value is shown, since it may come from a file or a script.
    value = shown(error["input"], Settings.model_fields[field].annotation)
    return f"{environment_name(field)}: {sentence[0].lower()}{sentence[1:]}{value}"
