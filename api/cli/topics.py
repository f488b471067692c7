"""``topics``: create them, see how those that are there differ from the map, or export the map."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from api.cli.connections import Json
from api.cli.errors import FAILED, UsageError
from api.cli.output import print_json, print_table, printable, yaml_text
from api.cli.settings import CLUSTER, LOGS, TOPICS, with_settings
from api.processes import logs
from api.processes.composition import with_broker
from api.processes.loops import run
from streams import strimzi, topics
from streams.settings import Settings

commands = typer.Typer(
    name="topics",
    help="Create the topics, or compare or export the map.",
    no_args_is_help=True,
)


@commands.command()
@with_settings(*CLUSTER, *TOPICS, *LOGS)
def create(settings: Settings, as_json: Json = False) -> None:
    """Create the topics that are missing; what is there is left as it is."""
    logs.configure(settings.log_format, settings.log_level)
    created = run(topics.create(with_broker(settings)))
    if as_json:
        print_json(created)
    else:
        print("\n".join(created) or "every topic is there")


@commands.command()
@with_settings(*CLUSTER, *TOPICS, *LOGS)
def describe(settings: Settings, as_json: Json = False) -> None:
    """Compare the topics with the map. Exit code 1 when something will go wrong."""
    logs.configure(settings.log_format, settings.log_level)
    reports = run(topics.describe(with_broker(settings)))
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        print_table(
            ("topic", "partitions", "replicas", "differs"),
            [
                (
                    report.name,
                    report.partitions,
                    report.replication_factor,
                    ", ".join(
                        f"{setting}: {is_} in place of {wanted}"
                        for setting, (wanted, is_) in report.differences.items()
                    ),
                )
                for report in reports
            ],
            empty="no topics",
        )
    problems = [problem for report in reports for problem in report.problems]
    for problem in problems:
        print(printable(problem), file=sys.stderr)
    if problems:
        raise typer.Exit(FAILED)


@commands.command()
@with_settings("topic_prefix", "finding_topics", *TOPICS)
def export(
    settings: Settings,
    strimzi_: Annotated[
        bool, typer.Option("--strimzi", help="as resources of Strimzi's operator for Kubernetes")
    ] = False,
    cluster: Annotated[
        str, typer.Option(help="the name of the Kafka resource they belong to")
    ] = "kafka",
    as_json: Json = False,
) -> None:
    """Print the topics, and what each part may do with them, for who makes them elsewhere.

    Nothing is asked of any cluster: `playbooks topics export --strimzi | kubectl apply -f -`.
    """
    if not strimzi_:
        raise UsageError("say in which form: --strimzi")
    resources = strimzi.resources(settings, cluster)
    if as_json:
        print_json({"apiVersion": "v1", "kind": "List", "items": resources})
    else:
        print("---\n".join(yaml_text(resource) for resource in resources), end="")
