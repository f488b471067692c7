"""The settings: what the environment says, checked, and refused by name."""

from datetime import timedelta
from pathlib import Path

import pytest

from streams.setting_values import RateLimit, Retention
from streams.settings import Settings, SettingsError, environment_name, load


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for field, value in values.items():
        monkeypatch.setenv(environment_name(field), value)


def test_without_an_environment_the_defaults_are_the_documented_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/soc")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    settings = load(instance="host")
    assert settings.model_dump() == {
        "broker": None,
        "broker_port": 19092,
        "kafka_security_protocol": "PLAINTEXT",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_sasl_username": None,
        "kafka_sasl_password": None,
        "kafka_ssl_cafile": None,
        "kafka_ssl_certfile": None,
        "kafka_ssl_keyfile": None,
        "kafka_ssl_password": None,
        "topic_prefix": "",
        "finding_topics": (),
        "partitions": 4,
        "replication_factor": 1,
        "data_dir": settings.data_dir,
        "table": None,
        "retention": Retention("30d", timedelta(days=30)),
        "api_host": "127.0.0.1",
        "api_port": 8080,
        "metrics_public": False,
        "metrics_host": "127.0.0.1",
        "metrics_port": None,
        "instance": "host",
        "secrets_dir": None,
        "vault_url": None,
        "vault_path": "secret/playbooks",
        "vault_token": None,
        "vault_token_file": None,
        "plugins": (),
        "rate_limit": RateLimit(1_000, 100),
        "egress_allow": (),
        "actions_file": None,
        "log_format": None,
        "log_level": "info",
    }
    assert settings.data_dir.name == "playbooks"
    assert settings.data_dir.is_absolute()


def test_an_instance_is_named_after_its_host_in_letters_that_kafka_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Jürgen's Mac.local")
    assert load().instance == "J-rgen-s-Mac.local"


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_described(field: str) -> None:
    description = Settings.model_fields[field].description
    assert description
    assert not description.endswith(".")


def test_the_environment_is_read_and_options_stand_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_all(monkeypatch, broker="a:9092, [::1]:9093", api_port="0", log_level="WARNING")
    settings = load(api_port=9000)
    assert settings.broker == "a:9092,[::1]:9093"
    assert settings.log_level == "warning"
    assert settings.api_port == 9000


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, broker="", partitions="")
    assert load() == load(broker=None, partitions=4)


def test_a_path_may_begin_at_home_and_does_not_depend_on_where_one_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/soc")
    set_all(monkeypatch, data_dir="~/data")
    assert load().data_dir == Path("/home/soc/data")
    assert load(data_dir="data").data_dir == Path.cwd() / "data"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2_592_000), (" 12h ", 43_200), ("90", 90), ("PT1M", 60), ("0", 0)]
)
def test_a_retention_is_a_duration_and_shown_as_it_was_written(text: str, seconds: int) -> None:
    retention = load(retention=text).retention
    assert retention.span == timedelta(seconds=seconds)
    assert str(retention) == text.strip()


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("1000/100", RateLimit(1_000, 100), "1000/100"),
        ("100 ", RateLimit(100, 100), "100/100"),
        ("0", RateLimit(0, 0), "0"),
        ("0/5", RateLimit(0, 0), "0"),
    ],
)
def test_a_rate_limit_is_a_minute_and_at_once(text: str, limit: RateLimit, shown: str) -> None:
    assert load(rate_limit=text).rate_limit == limit
    assert str(limit) == shown


def test_egress_is_a_list_of_networks_and_hosts() -> None:
    settings = load(egress_allow="10.0.0.0/8, fd00::/8,jira.internal , 192.168.1.7:8443,[::1]:80,")
    assert settings.egress_allow == (
        "10.0.0.0/8",
        "fd00::/8",
        "jira.internal",
        "192.168.1.7:8443",
        "[::1]:80",
    )


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("broker", "kafka", "write host:port, several separated by commas, not 'kafka'"),
        ("broker", "kafka:99999", "write host:port"),
        ("broker", "kafka://kafka:9092", "write host:port"),
        ("broker", ",", "write host:port"),
        ("broker_port", "70000", "input should be less than or equal to 65535"),
        ("kafka_security_protocol", "TLS", "'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
        ("kafka_sasl_mechanism", "GSSAPI", "'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'"),
        ("kafka_ssl_cafile", "/no/such/file", "path does not point to a file"),
        ("topic_prefix", "a b", "at most 200 letters, digits, dots, dashes and underscores"),
        ("partitions", "0", "greater than or equal to 1"),
        ("partitions", "four", "valid integer"),
        ("secrets_dir", "/no/such/directory", "path does not point to a directory"),
        ("table", "mysql://host/database", "write postgresql://user:password@host:5432/database"),
        ("retention", "long", "write seconds (90), units from w to ms"),
        ("retention", "-1d", "cannot be negative"),
        ("rate_limit", "fast", "write requests a minute / at once, as in 1000/100"),
        ("rate_limit", "10/0", "at least 1 request at once must be allowed"),
        ("egress_allow", "10.0.0.0/8,!", "write CIDR, host or host:port, separated by commas, not"),
        ("egress_allow", "host:99999", "write CIDR, host or host:port"),
        ("actions_file", "/no/such/file", "path does not point to a file"),
        ("log_format", "xml", "'console' or 'json'"),
        ("log_level", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str, says: str
) -> None:
    set_all(monkeypatch, **{field: value})
    with pytest.raises(SettingsError) as refused:
        load()
    [line] = str(refused.value).splitlines()
    assert line.startswith(f"{environment_name(field)}: ")
    assert says in line


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, partitions="x", api_port="y")
    with pytest.raises(SettingsError) as refused:
        load(no_such="z")
    assert len(str(refused.value).splitlines()) == 3
    assert "there is no setting no_such" in str(refused.value)


SASL = {"kafka_sasl_username": "soc", "kafka_sasl_password": "hush"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kafka_security_protocol": "SSL"}, "set PLAYBOOKS_BROKER too"),
        (
            {"broker": "a:1", "kafka_security_protocol": "SASL_SSL", "kafka_sasl_username": "soc"},
            "set PLAYBOOKS_KAFKA_SASL_PASSWORD too",
        ),
        ({"broker": "a:1"} | SASL, "use SASL_SSL"),
        ({"broker": "a:1", "kafka_ssl_cafile": __file__}, "use SSL or SASL_SSL"),
        (
            {
                "broker": "a:1",
                "kafka_security_protocol": "SSL",
                "kafka_ssl_keyfile": __file__,
            },
            "of no use without PLAYBOOKS_KAFKA_SSL_CERTFILE",
        ),
    ],
)
def test_security_that_would_not_take_effect_is_refused(options: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load(**options)


def test_no_password_is_ever_shown() -> None:
    settings = load(broker="a:1", kafka_security_protocol="SASL_SSL", **SASL)
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    "name", ["kafka_sasl_password", "kafka_ssl_password", "vault_token", "table"]
)
def test_a_secret_that_is_wrong_is_not_shown(name: str) -> None:
    for wrong in ("mysql://soc:hush@host/", ["hush"]) if name == "table" else (["hush"],):
        with pytest.raises(SettingsError, match=environment_name(name)) as refused:
            load(**{name: wrong})
        assert "hush" not in str(refused.value)


def test_topics_of_scanners_are_said_with_their_formats() -> None:
    settings = load(finding_topics="scans.nuclei:nuclei, trivy-raw:trivy")
    assert settings.finding_topics == (("scans.nuclei", "nuclei"), ("trivy-raw", "trivy"))


@pytest.mark.parametrize("text", ["scans", "scans:nessus", ":nuclei", "a b:nuclei", "a:b:c"])
def test_a_topic_of_a_scanner_without_a_known_format_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="write topic:format"):
        load(finding_topics=text)


def test_a_topic_of_a_scanner_that_is_named_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="names a topic twice"):
        load(finding_topics="a:nuclei,a:trivy")
