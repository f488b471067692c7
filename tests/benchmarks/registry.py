"""The benchmarks by name, and what each of them can be told.

A benchmark is a function that measures and yields rows. Its keyword arguments, which all have a
default, are its options on the command line: ``findings: int = 200_000`` is ``--findings``.
"""

import inspect
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tests.benchmarks import (
    cost,
    hostile,
    latency,
    matching,
    recovery,
    rest,
    soak,
    throughput,
    triggers,
    waiting,
)
from tests.benchmarks.rows import Row

Measure = Callable[..., Iterable[Row]]


class Benchmark(NamedTuple):
    """One of them. is_long: takes minutes, and so runs only when it is named, or with --all."""

    measure: Measure
    is_long: bool = False


BENCHMARKS: dict[str, Benchmark] = {
    "triggers": Benchmark(triggers.measure),
    "matching": Benchmark(matching.measure),
    "hostile": Benchmark(hostile.measure),
    "throughput": Benchmark(throughput.measure),
    "latency": Benchmark(latency.measure),
    "recovery": Benchmark(recovery.measure),
    "cost": Benchmark(cost.measure, is_long=True),
    "rest": Benchmark(rest.measure, is_long=True),
    "waiting": Benchmark(waiting.measure, is_long=True),
    "soak": Benchmark(soak.measure, is_long=True),
}


def add_options(parser: ArgumentParser) -> None:
    """Let a parser know the options of all benchmarks, each once, whose ever it is."""
    owners: dict[str, list[str]] = {}
    types: dict[str, type] = {}
    for name, benchmark in BENCHMARKS.items():
        for option in inspect.signature(benchmark.measure).parameters.values():
            owners.setdefault(option.name, []).append(f"{name}: {option.default}")
            types[option.name] = type(option.default)
    for option_name, said in owners.items():
        parser.add_argument(
            f"--{option_name.replace('_', '-')}",
            type=types[option_name],
            help=f"({'; '.join(said)})",
        )


def run(name: str, asked: Namespace) -> Iterable[Row]:
    """Measure the benchmark of a name with what was asked for, and its defaults for the rest."""
    measure = BENCHMARKS[name].measure
    options = {option: getattr(asked, option) for option in inspect.signature(measure).parameters}
    return measure(**{option: said for option, said in options.items() if said is not None})
