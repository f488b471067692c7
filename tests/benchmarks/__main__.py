"""First figures: ``python -m tests.benchmarks``. Real Kafka, all in one machine.

``python -m tests.benchmarks waiting`` measures what waiting executions cost, ``… matching`` what
playbooks cost that an event cannot match, ``… rest`` the REST API on a million executions.

Quote the ratios: machines differ, and so do the moments on one machine.
"""

import argparse
import asyncio
import logging
import platform
import sys
from datetime import UTC, datetime

import orjson
import structlog

from tests.benchmarks import deployment, matching, measurements, rest, waiting
from tests.benchmarks.measurements import MATCHING, Measurement
from tests.e2e.findings import findings, logging_playbook


async def measured(count: int, executions: int, playbooks: int) -> list[Measurement]:
    """Run everything once."""
    async with deployment.broker() as address:
        async with deployment.deployment(address, "bench-triggers.") as (settings, registry):
            await deployment.publish(registry, measurements.playbooks(playbooks))
            await deployment.send_findings(settings, measurements.mixed(count))
            bare = await measurements.bare_loop(settings, count)
            agent = await measurements.trigger_agent(settings, registry, count)
        async with deployment.deployment(address, "bench-executions.") as (settings, registry):
            await deployment.publish(registry, [logging_playbook(5)])
            await deployment.send_findings(settings, findings(executions))
            completed = await measurements.completions(settings, registry, executions)
    return [
        Measurement(
            f"findings through the trigger agent ({playbooks} playbooks, 1 in {MATCHING} matches)",
            agent,
            "bare consume-and-decode loop",
            bare,
        ),
        Measurement("five-step executions, finding to row in the table", completed),
    ]


def shown(measurement: Measurement) -> str:
    """Return a line of the table."""
    line = f"{measurement.name}: {measurement.a_second:,.0f}/s"
    if measurement.reference_a_second is None:
        return line
    ratio = measurement.a_second / measurement.reference_a_second
    return (
        f"{line}, {measurement.reference}: {measurement.reference_a_second:,.0f}/s, "
        f"ratio {ratio:.2f}"
    )


def main() -> None:
    """Measure, and print lines or JSON."""
    if sys.argv[1:2] == ["waiting"]:
        waiting.main(sys.argv[2:])
        return
    if sys.argv[1:2] == ["matching"]:
        matching.main(sys.argv[2:])
        return
    if sys.argv[1:2] == ["rest"]:
        rest.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--findings", type=int, default=200_000)
    parser.add_argument("--executions", type=int, default=2_000)
    parser.add_argument("--playbooks", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found = asyncio.run(measured(asked.findings, asked.executions, asked.playbooks))
    if asked.json:
        print(orjson.dumps([each._asdict() for each in found]).decode())
        return
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}")
    for each in found:
        print(shown(each))


if __name__ == "__main__":
    main()
