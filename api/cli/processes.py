"""``up``, ``worker``, ``api``, ``broker``: processes that run until they are asked to stop.

Each prints one line, ``ready …``, on standard output when it serves; all else goes to standard
error.
"""

from typing import Annotated

import typer

from api.cli.errors import UsageError
from api.cli.settings import ALL, API, EMBEDDED, LOGS, apart_from, with_settings
from api.processes import logs, loops, serving, traces
from api.processes.composition import Process
from api.processes.serving import Opening
from streams import topics
from streams.settings import Settings
from streams.worker import AGENTS

commands = typer.Typer()


@commands.command()
@with_settings(*ALL)
def up(settings: Settings) -> None:
    """Run broker, topics, worker and API in one process.

    Without --broker an Apache Kafka of its own is started; the first time it is downloaded.
    Prints "ready URL" when everything serves. SIGTERM or Ctrl-C finishes what is under way.

    Passwords are taken from PLAYBOOKS_KAFKA_SASL_PASSWORD and PLAYBOOKS_KAFKA_SSL_PASSWORD only.
    """

    async def opening(process: Process) -> str:
        # First: what is wrong with the actions file is then said at once.
        await process.actions()
        await process.open_broker(lasting=True)
        await topics.create(process.settings)
        await process.open_worker()
        return await process.open_api()

    _serve(settings, opening)


@commands.command()
@with_settings(*apart_from(*API, "broker_port"))
def worker(
    settings: Settings,
    agents: Annotated[
        str, typer.Option(help="which agents to run, separated by commas", metavar="NAMES")
    ] = ",".join(AGENTS),
) -> None:
    """Run the agents alone.

    Any number of workers share the partitions of a deployment, and take over from each other.
    """
    chosen = _chosen(agents)

    async def opening(process: Process) -> str:
        process.find_broker()
        await process.check_topics()
        await process.open_worker(chosen)
        return f"worker {','.join(chosen)}"

    _serve(settings, opening)


@commands.command()
@with_settings(
    *apart_from("broker_port", "instance", "egress_allow", "metrics_host", "metrics_port")
)
def api(settings: Settings) -> None:
    """Run the REST API alone.

    Its table is folded from the log, from where it stopped.
    """

    async def opening(process: Process) -> str:
        process.find_broker()
        await process.check_topics()
        return await process.open_api()

    _serve(settings, opening)


@commands.command()
@with_settings(*EMBEDDED, *LOGS)
def broker(settings: Settings) -> None:
    """Run the embedded broker alone.

    Local commands find it by the data directory.
    """

    async def opening(process: Process) -> str:
        return await process.open_broker(lasting=True)

    # A broker that is set is somebody else's: the point of this one is to be started.
    _serve(settings.model_copy(update={"broker": None}), opening)


def _serve(settings: Settings, opening: Opening) -> None:
    logs.configure(settings.log_format, settings.log_level)
    traces.configure()
    try:
        loops.run(serving.serve(settings, opening))
    finally:
        traces.stop()


def _chosen(agents: str) -> list[str]:
    chosen = [name.strip() for name in agents.split(",") if name.strip()]
    unknown = sorted(set(chosen) - set(AGENTS))
    if unknown or not chosen:
        raise UsageError(
            f"--agents names {', '.join(unknown) or 'nothing'}: the agents are {', '.join(AGENTS)}"
        )
    return chosen
