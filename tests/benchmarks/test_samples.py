"""What a long run is judged by: its second sixth and its last one, and a picture of it all."""

from xml.etree import ElementTree

import orjson

from tests.benchmarks.courses import picture
from tests.benchmarks.samples import Sample, cpu_ms, p99_ms, sixth, typical
from tests.benchmarks.watching import Latencies


def sample(number: int) -> Sample:
    """Return one of a run that becomes slower."""
    return Sample(
        at_seconds=10.0 * number + 0.02,
        sent=100 * number,
        completed=99 * number,
        lag=number,
        rss_mib={"api <1>": 100.0},
        cpu_ms={"api <1>": 1 / 3 + number},
        latencies={} if number == 2 else {"there": (1.0, 2.0 * number)},
        broker_mib=1.0,
        table_mib=2.0,
    )


SAMPLES = [sample(number) for number in range(1, 19)]


def test_each_sixth_has_the_samples_of_its_time() -> None:
    assert [each.sent for each in sixth(SAMPLES, 1)] == [100, 200, 300]
    assert [each.sent for each in sixth(SAMPLES, 6)] == [1_600, 1_700, 1_800]


def test_a_figure_of_some_samples_is_their_median() -> None:
    assert typical(SAMPLES[:3], cpu_ms("api <1>")) == 1 / 3 + 2


def test_a_latency_that_nothing_was_seen_of_is_without_end() -> None:
    assert typical(SAMPLES[1:2], p99_ms("there")) == float("inf")


def test_a_sample_is_one_line_of_json() -> None:
    line = SAMPLES[0].line()
    assert line.endswith(b"}\n")
    said = orjson.loads(line)
    assert (said["cpu_ms"], said["latencies"]) == ({"api <1>": 1.333}, {"there": [1.0, 2.0]})


def test_latencies_are_forgotten_when_they_have_been_asked_for() -> None:
    latencies = Latencies()
    for milliseconds in (10, 20, 30):
        latencies.add("there", milliseconds / 1_000)
    assert latencies.take()["there"][0] == 20
    assert latencies.take() == {}


def test_a_picture_has_a_line_for_each_course() -> None:
    drawn = ElementTree.fromstring(picture(SAMPLES))
    lines = list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == len(("memory", "processor", "p99", "open", "broker", "table"))
    assert all(len(line.attrib["points"].split()) == len(SAMPLES) for line in lines)
