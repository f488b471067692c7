"""What is told of a benchmark is what was measured: the median, its ratio, the bar."""

from xml.etree import ElementTree

from tests.benchmarks.pictures import picture
from tests.benchmarks.rows import at_least, at_most, compared, row
from tests.benchmarks.tables import document, table

WHERE = {"at": "2026-03-01T12:00:00Z", "cores": 2, "memory_gib": 8}
HALF = compared("half", "/s", [40, 60, 10], "whole", [100, 100, 10], at_least(0.5))
SLOW = row("slow <& steady", "ms", [30, 10, 20], at_most(15))


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    assert (HALF.value, HALF.reference_value, HALF.ratio) == (40, 100, 0.6)


def test_a_bar_holds_the_ratio_and_without_a_reference_the_value() -> None:
    assert (HALF.is_met, SLOW.is_met, row("free", "s", [1]).is_met) == (True, False, None)


def test_a_table_has_a_line_for_each_row() -> None:
    *_, half, slow = table([HALF, SLOW]).splitlines()
    assert [cell.strip() for cell in half.split("|")] == [
        *("", "half", "40.0/s", "whole: 100/s", "0.60", "≥ 0.5 met", ""),
    ]
    assert [cell.strip() for cell in slow.split("|")] == [
        *("", "slow <& steady", "20.0 ms", "", "", "≤ 15 MISSED", ""),
    ]


def test_a_document_says_of_each_row_whether_it_meets_its_bar() -> None:
    half, slow = document(WHERE, [HALF, SLOW])["rows"]
    assert (half["bar"], half["is_met"], slow["reference_value"]) == ("≥ 0.5", True, None)


def test_a_picture_is_sound_and_shows_what_has_a_reference() -> None:
    hostile = compared("a <b> & c", "/s", [3], 'the "other"', [1], at_least(2))
    drawn = ElementTree.fromstring(picture(WHERE, [HALF, SLOW, hostile]))
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "a <b> & c" in texts
    assert "slow <& steady" not in texts
    assert "3.00 (3.00/s)" in texts
