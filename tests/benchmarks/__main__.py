"""What it costs and how fast it goes, on real Kafka: ``python -m tests.benchmarks [NAME …]``.

Each figure stands beside a reference of the same run and the bar that it is held to. Quote the
ratios: machines differ, and so do the moments on one machine.
"""

import argparse
import logging
import sys
from pathlib import Path

import orjson
import structlog

from tests.benchmarks import environment, pictures, registry, tables
from tests.benchmarks.registry import BENCHMARKS
from tests.benchmarks.rows import Row


def main() -> None:
    """Measure what was named, and print a table."""
    asked = _parser().parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    # What a client tries again, by itself, is no news here.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    found = environment.environment()
    print(environment.shown(found), flush=True)
    names = asked.names or [
        name for name, benchmark in BENCHMARKS.items() if asked.all or not benchmark.is_long
    ]
    rows: list[Row] = []
    for name in names:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        rows += registry.run(name, asked)
    print(tables.table(rows))
    if asked.json:
        written = tables.document(found, rows)
        asked.json.write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2) + b"\n")
    if asked.svg:
        asked.svg.write_text(pictures.picture(found, rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        choices=[[], *BENCHMARKS],
        help=f"{', '.join(BENCHMARKS)}; without one: those that do not take minutes",
    )
    parser.add_argument(
        "--all", action="store_true", help="those that take long, too: minutes, an hour"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the ratios there")
    registry.add_options(parser)
    return parser


if __name__ == "__main__":
    main()
