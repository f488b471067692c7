"""The example for Kubernetes: what is generated is current, the rest is safe and fits together."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from streams import topics
from tests.api.cli.shell import Shell

FOLDER = Path(__file__).parents[2] / "compose" / "kubernetes"
KUBERNETES = "1.31"
WORKLOADS = ("worker", "api")


def documents(name: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load_all(FOLDER / name))


def pod(workload: str) -> dict[str, Any]:
    return dict(documents(f"{workload}.yaml")[0]["spec"]["template"]["spec"])


def users() -> dict[str, list[dict[str, Any]]]:
    """Return the rights of each user."""
    return {
        each["metadata"]["name"]: each["spec"]["authorization"]["acls"]
        for each in documents("kafka.yaml")
        if each["kind"] == "KafkaUser"
    }


def writes(user: str) -> set[str]:
    return {
        acl["resource"]["name"]
        for acl in users()[user]
        if acl["resource"]["type"] == "topic" and "Write" in acl["operations"]
    }


def test_topics_and_users_are_those_that_the_command_prints() -> None:
    command = "topics export --strimzi --partitions 12 --replication-factor 3"
    assert command in (FOLDER / "README.md").read_text()
    printed = Shell()(*command.split())
    assert printed == (FOLDER / "kafka.yaml").read_text()


def test_every_topic_is_there_under_a_name_that_kubernetes_takes() -> None:
    options = ("--topic-prefix", "Prod_A.", "--cluster", "main", "--json")
    listed = Shell().json("topics", "export", "--strimzi", *options)["items"]
    made = [each for each in listed if each["kind"] == "KafkaTopic"]
    named = {each["spec"]["topicName"]: each["metadata"]["name"] for each in made}
    assert list(named) == [topic.named("Prod_A.") for topic in topics.TOPICS]
    assert named["Prod_A.execution-events"] == "prod-a.execution-events"
    assert {each["metadata"]["labels"]["strimzi.io/cluster"] for each in listed} == {"main"}


def test_a_scanner_may_write_findings_and_nothing_else() -> None:
    assert writes("playbooks-scanner") == {"findings"}
    assert writes("playbooks-api") < writes("playbooks-worker")
    assert "execution-events" not in writes("playbooks-api")


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_pod_has_no_rights_and_a_root_that_nobody_can_write_to(workload: str) -> None:
    spec = pod(workload)
    [container] = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_pod_gets_the_certificate_of_its_own_user(workload: str) -> None:
    [secret] = [each["secret"] for each in pod(workload)["volumes"] if each["name"] == "kafka-user"]
    assert secret["secretName"] == f"playbooks-{workload}"
    assert secret["secretName"] in users()


def test_all_files_are_applied() -> None:
    [kustomization] = documents("kustomization.yaml")
    given = {*kustomization["resources"], *kustomization["configMapGenerator"][0]["files"]}
    assert given == {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_what_is_mounted_is_a_volume(workload: str) -> None:
    stateful = documents(f"{workload}.yaml")[0]["spec"]
    claims = {each["metadata"]["name"] for each in stateful.get("volumeClaimTemplates", ())}
    volumes = {each["name"] for each in pod(workload)["volumes"]} | claims
    [container] = pod(workload)["containers"]
    assert {each["name"] for each in container["volumeMounts"]} == volumes


@pytest.mark.parametrize("name", ["worker.yaml", "api.yaml", "network.yaml"])
def test_a_manifest_is_one_by_the_schemas_of_kubernetes(name: str) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    for document in documents(name):
        validate.validate(document, KUBERNETES, strict=True)
