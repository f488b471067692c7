"""The course of a long run as a small picture (SVG): one field for each kind of figure."""

from collections.abc import Iterator
from html import escape

from tests.benchmarks.samples import Sample

_WIDTH, _LEFT, _HEIGHT, _FIELD = 860, 60, 120, 170

_COLOURS = ("#0969da", "#bf3989", "#1a7f37", "#bc4c00", "#8250df", "#6e7781")

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .field { fill: none; stroke: #d1d9e0 }
  polyline { fill: none; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .field { stroke: #3d444d }
  }
"""

Course = list[float]


def picture(samples: list[Sample]) -> str:
    """Return what became of each figure over the time."""
    fields = list(_fields(samples).items())
    times = [each.at_seconds for each in samples]
    height = _FIELD * len(fields)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"<title>{times[-1]:,.0f} seconds, {samples[-1].completed:,} executions</title>",
            f"<style>{_STYLE}</style>",
            *(
                line
                for number, (name, courses) in enumerate(fields)
                for line in _drawn(_FIELD * number, name, times, courses)
            ),
            "</svg>\n",
        ]
    )


def _fields(samples: list[Sample]) -> dict[str, dict[str, Course]]:
    """Return the courses by name, those that share a field together."""
    last = samples[-1]
    return {
        "memory, MiB": {name: [each.rss_mib[name] for each in samples] for name in last.rss_mib},
        "processor for an execution, ms": {
            name: [each.cpu_ms[name] for each in samples] for name in last.cpu_ms
        },
        "p99, ms": {
            name: [each.latencies.get(name, (0.0, 0.0))[1] for each in samples]
            for name in last.latencies
        },
        "findings sent and not completed": {"": [float(each.lag) for each in samples]},
        "disk, MiB": {
            "broker": [each.broker_mib for each in samples],
            "table": [each.table_mib for each in samples],
        },
    }


def _drawn(top: int, name: str, times: Course, courses: dict[str, Course]) -> Iterator[str]:
    """Yield a field: its name, the largest figure at its upper end, a line for each course."""
    most = max((figure for course in courses.values() for figure in course), default=0.0) or 1.0
    width = _WIDTH - _LEFT - 10
    yield f'<text x="{_LEFT}" y="{top + 14}">{escape(name)}</text>'
    yield f'<text class="small" x="0" y="{top + 34}">{most:,.4g}</text>'
    yield f'<text class="small" x="0" y="{top + 26 + _HEIGHT}">0</text>'
    size = f'width="{width}" height="{_HEIGHT}"'
    yield f'<rect class="field" x="{_LEFT}" y="{top + 24}" {size} rx="3"/>'
    along = _LEFT + 250
    for colour, (said, course) in zip(_COLOURS, courses.items(), strict=False):
        points = " ".join(
            f"{_LEFT + width * at / times[-1]:.1f},{top + 24 + _HEIGHT * (1 - figure / most):.1f}"
            for at, figure in zip(times, course, strict=True)
        )
        yield f'<polyline points="{points}" stroke="{colour}"/>'
        yield (
            f'<text class="small" x="{along}" y="{top + 14}" style="fill: {colour}">'
            f"{escape(said)}</text>"
        )
        along += 20 + 6 * len(said)
