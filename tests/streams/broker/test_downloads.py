"""The download: everything arrives whole and checked, or not at all, and is told as it comes."""

import gc
import hashlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from streams.broker import downloads, jars
from streams.broker.downloads import Download
from streams.broker.errors import DirectoryError, DownloadError
from streams.broker.jars import Jar

# jgo leaves the connection of an answer that it does not read to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

CONTENT = os.urandom(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TWO = [Jar(SHA256, len(CONTENT), f"org.example:{name}:1.0") for name in ("one", "two")]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The files of a Maven repository, with the two jars."""
    for jar in TWO:
        file = tmp_path / "remote" / jar.path
        file.parent.mkdir(parents=True)
        file.write_bytes(CONTENT)
    return tmp_path / "remote"


@pytest.fixture
def mirror(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address at which it is served; the only one that jgo knows, beside an empty local one."""
    monkeypatch.setenv("M2_REPO", str(tmp_path / "local"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(repository)))
    address = f"http://127.0.0.1:{server.server_port}"
    configuration = tmp_path / "jgo.conf"
    # jgo asks the repositories in order, and central, which this stands for, is the last.
    configuration.write_text(f"[repositories]\ncentral = {address}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(configuration))
    with server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield address
        server.shutdown()
        thread.join()
    gc.collect()


def run(directory: Path, tell: Callable[[str], object] = lambda text: None) -> None:
    Download(directory, TWO, tell).run()


@pytest.mark.usefixtures("mirror")
def test_all_jars_arrive_and_nothing_else(tmp_path: Path) -> None:
    run(tmp_path / "cache")
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [
        "one-1.0.jar",
        "two-1.0.jar",
    ]
    assert all(jar.is_in(tmp_path / "cache") for jar in TWO)


@pytest.mark.usefixtures("mirror")
def test_progress_is_told_in_jars_and_megabytes(tmp_path: Path) -> None:
    told: list[str] = []
    run(tmp_path / "cache", told.append)
    assert told[-1] == "downloading Apache Kafka 4.1.1: 2 of 2 jars, 6 of 6 MB"
    assert all(text.startswith("downloading Apache Kafka 4.1.1: ") for text in told)


def test_what_is_there_is_not_downloaded_again(
    mirror: str, repository: Path, tmp_path: Path
) -> None:
    run(tmp_path / "cache")
    (repository / TWO[0].path).unlink()
    (tmp_path / "cache" / TWO[1].file_name).write_bytes(CONTENT[:100])
    run(tmp_path / "cache")
    assert all(jar.is_in(tmp_path / "cache") for jar in TWO)


def test_a_damaged_jar_is_refused(mirror: str, repository: Path, tmp_path: Path) -> None:
    (repository / TWO[1].path).write_bytes(b"another program")
    with pytest.raises(DownloadError) as refused:
        run(tmp_path / "cache")
    assert str(refused.value).startswith(
        "Apache Kafka 4.1.1 could not be downloaded: two-1.0.jar: "
        f"what arrived (15 bytes) is not what was listed; tried {mirror}. "
    )
    assert not TWO[1].is_in(tmp_path / "cache")


def test_a_failed_download_names_the_other_ways(
    mirror: str, repository: Path, tmp_path: Path
) -> None:
    for jar in TWO:
        (repository / jar.path).unlink()
    with pytest.raises(DownloadError, match=r"HTTPS_PROXY.*mirror.*PLAYBOOKS_BROKER"):
        run(tmp_path / "cache")


def test_the_local_maven_repository_is_looked_at_first(
    mirror: str, repository: Path, tmp_path: Path
) -> None:
    repository.rename(tmp_path / "local")
    run(tmp_path / "cache")
    assert all(jar.is_in(tmp_path / "cache") for jar in TWO)


@pytest.mark.usefixtures("mirror")
def test_a_download_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    download = Download(tmp_path / "cache", TWO, lambda text: None)
    download.stop()
    with pytest.raises(downloads.StoppedError):
        download.run()
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("mirror")
def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DirectoryError, match="file"):
        run(tmp_path / "file" / "cache")


def test_mirrors_are_asked_before_maven_central(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jgo.conf").write_text("[repositories]\nours = http://127.0.0.1:1\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "jgo.conf"))
    assert list(downloads.repositories()) == ["ours", "central"]


def test_the_list_is_of_one_version_of_kafka() -> None:
    versions = {
        jar.coordinate.split(":")[2]
        for jar in jars.listed()
        if jar.coordinate.startswith("org.apache.kafka:")
    }
    assert versions == {jars.KAFKA_VERSION}


@pytest.mark.skipif(
    "PLAYBOOKS_TEST_RESOLVE" not in os.environ,
    reason="asks Maven Central for a hundred small files: set PLAYBOOKS_TEST_RESOLVE=1",
)
def test_the_list_is_what_jgo_resolves(tmp_path: Path) -> None:
    from jgo.maven import MavenContext, PythonResolver

    context = MavenContext(resolver=PythonResolver(), repo_cache=tmp_path)
    log4j = next(jar for jar in jars.listed() if "log4j-slf4j-impl" in jar.coordinate)
    resolved = {log4j.coordinate}
    kafka = context.create_dependency(f"org.apache.kafka:kafka_2.13:{jars.KAFKA_VERSION}")
    for dependencies in context.resolver.resolve([kafka]):
        for dependency in dependencies:
            artifact = dependency.artifact
            resolved.add(f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}")
    gc.collect()
    assert {jar.coordinate for jar in jars.listed()} == resolved
