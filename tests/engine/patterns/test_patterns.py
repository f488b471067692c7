"""Patterns: every operator and literal, variables of CACAO, and what missing values decide."""

import pytest

from engine.paths import MISSING
from engine.patterns.patterns import compiled
from engine.patterns.tree import Path
from tests.engine.patterns.found import holds

CASES = [
    # operators
    ("[ipv4-addr:value = '10.1.2.3']", True),
    ("ipv4-addr:value = '10.1.2.3'", True),
    ("ipv4-addr:value == '10.1.2.4'", False),
    ("ipv4-addr:value != '10.1.2.4'", True),
    ("ipv4-addr:value <> '10.1.2.3'", False),
    ("file:size > 4095", True),
    ("file:size >= 4096", True),
    ("file:size < 4096", False),
    ("file:size <= 4096.0", True),
    ("file:size = +4096", True),
    ("file:size > -1", True),
    ("file:size IN (1, 4096)", True),
    ("file:size NOT IN (1, 2)", True),
    ("__severity__:value IN ('high', 'critical')", True),
    ("__severity__:value IN ('low')", False),
    ("__severity__:value NOT = 'low'", True),
    ("__severity__:value NOT != 'high'", True),
    ("NOT __severity__:value = 'high'", False),
    ("NOT NOT __severity__:value = 'high'", True),
    ("EXISTS file:size", True),
    ("EXISTS file:nothing", False),
    # texts
    ("__severity__:value = 'High'", False),
    ("__severity__:value > 'hig'", True),
    ('__severity__:value = "high"', True),
    (r"url:value = 'it\'s' OR url:value = 'a\\b'", False),
    ("url:value LIKE 'https://%/Login_next=%'", True),
    ("url:value LIKE 'https://'", False),
    ("url:value LIKE '%login%'", False),
    ("file:name LIKE 'cafe\u0301.___'", True),
    ("url:value MATCHES '^https?://[a-z.]+/'", True),
    (r"url:value MATCHES '\\?next=.*2F$'", True),
    (r"url:value MATCHES '\?next='", True),
    ("url:value MATCHES '^Login'", False),
    ("file:name MATCHES 'cafe\u0301'", True),
    # networks
    ("ipv4-addr:value ISSUBSET '10.0.0.0/8'", True),
    ("ipv4-addr:value ISSUBSET '10.1.2.3'", True),
    ("ipv4-addr:value ISSUBSET '192.168.0.0/16'", False),
    ("ipv4-addr:value NOT ISSUBSET '192.168.0.0/16'", True),
    ("network:value ISSUPERSET '10.1.0.0/16'", True),
    ("network:value ISSUPERSET '11.0.0.1'", False),
    ("__severity__:value ISSUPERSET '10.1.0.0/16'", False),
    ("__severity__:value ISSUBSET '10.1.0.0/16'", False),
    # joined
    ("[file:size = 1 OR file:size = 4096 AND ipv4-addr:value = 'x']", False),
    ("[(file:size = 1 OR file:size = 4096) AND ipv4-addr:value LIKE '10.%']", True),
    ("[file:size = 1] OR [file:size = 4096]", True),
    ("([file:size = 4096] AND [file:size = 1]) OR [file:size = 4096]", True),
    ("not file:size = 1 and file:size = 4096", True),
    # paths
    ("file:hashes.'SHA-256' = 'AbCd'", True),
    ("file:hashes.MD5 = 'ff00'", True),
    ("file:sections[0].name = '.text'", True),
    ("file:sections[7].name = '.text'", False),
    ("file:sections[*].name = '.data'", True),
    ("file:sections[*].tags[*] = 'c'", True),
    ("file:sections[*].tags[1] = 'c'", True),
    ("file:sections[*].name != '.data'", False),
    ("file:size[*] = 4096", False),
    # literals
    ("file:hashes.MD5 = h'FF00'", True),
    ("file:magic = b'q80='", True),
    ("file:magic = h'abcd'", False),
    ("__since__:value = t'2026-01-31T11:00:00Z'", True),
    ("__since__:value > t'2026-01-31T11:00:00.001Z'", False),
    ("__severity__:value < t'2026-01-31T11:00:00Z'", False),
    # variables
    ("__count__:value = 5", True),
    ("__count__:value <= 10", True),
    ("__count__:value > '10'", True),
    ("__limit__:value = '10'", True),
    ("__limit__:value > '9'", True),
    ("__ratio__:value = .5", True),
    ("__ratio__:value = 5e-1", True),
    ("__severity__:value < 3", False),
    ("__count__ != '6'", True),
    ("__done__:value = true", True),
    ("__off__:value == false", True),
    ("__done__:value = 1", False),
    ("__count__:value < __limit__:value", True),
    ("__count__:value = __count__", True),
    ("__count__:value != $$limit$$:value", True),
    ("$$severity$$ == 'high'", True),
    ("$$severity$$:value == 'high'", True),
    ("severity == 'high'", True),
    ("done == true", True),
    ("__with-hyphen__:value = 'x'", True),
    ("__map__:value.a.b = 'deep'", True),
    ("__done__:value", True),
    ("__severity__:value AND NOT __off__:value", True),
    ("(__off__:value OR __empty__)", False),
    ("__null__:value", False),
    ("__nothing__:value", False),
    # what is not there
    ("__nothing__:value = 'x'", False),
    ("__nothing__:value != 'x'", True),
    ("__nothing__:value NOT IN ('x')", True),
    ("__nothing__:value < 3", False),
    ("__nothing__:value = __neither__:value", False),
    ("__nothing__:value NOT LIKE '%'", True),
    ("file:size.deeper = 1", False),
    ("__map__:value = 'x'", False),
    ("__map__:value < 'x'", False),
]


@pytest.mark.parametrize(("pattern", "expected"), CASES)
def test_it_decides(pattern: str, expected: bool) -> None:
    assert holds(pattern) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ipv4-addr:value = 'x'", Path("ipv4-addr", ("value",))),
        ("file:a.'B c'[0].d = 1", Path("file", ("a", "B c", 0, "d"))),
        ("file:a[*].d[*] = 1", Path("file", ("a",), (("d",), ()))),
        ("__x__:value = 1", Path("__x__", ())),
        ("__x__ = 1", Path("__x__", ())),
        ("$$x$$:value = 1", Path("__x__", ())),
        ("x = 1", Path("__x__", ())),
        ("__x__:value.key = 1", Path("__x__", ("key",))),
    ],
)
def test_a_path_is_looked_up_by_name_and_steps(pattern: str, expected: Path) -> None:
    assert compiled(pattern).paths == (expected,)


def test_a_pattern_names_all_that_it_asks_for() -> None:
    pattern = compiled("[a:b = 1 AND NOT __x__:value = __y__] OR EXISTS a:c OR a:b > 2")
    assert [path.name for path in pattern.paths] == ["a", "__x__", "__y__", "a"]


def test_a_lookup_is_asked_for_no_more_than_it_takes() -> None:
    asked = []

    def lookup(name: str, steps: tuple[str | int, ...]) -> object:
        asked.append(name)
        return MISSING

    assert compiled("a:b = 1 AND c:d = 2").holds(lookup) is False
    assert asked == ["a"]
