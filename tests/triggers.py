"""Many triggers of the kinds that teams write, and findings of which each meets a few of them."""

from collections.abc import Iterator
from typing import Any

from engine.contexts import Context, of_finding
from engine.triggers import TriggerKey
from schemas.playbooks import Trigger
from tests.examples import FINDING

MATCHING = 7
"""As many triggers every finding meets, however many there are."""

_ALWAYS: tuple[dict[str, Any], ...] = (
    {"severity": "critical"},
    {"severity": {"$gte": "high"}, "cvss": {"$gt": 9}},
    {"asset_tags": {"$contains": "production"}},
    {"$or": [{"category": "web"}, {"category": "api"}]},
    {"title": {"$startswith": "SQL"}, "severity": {"$in": ["high", "critical"]}},
    {"asset_id": "a-0", "status": {"$ne": "resolved"}},
    {"asset.type": "domain", "cvss": {"$gte": 7, "$lte": 10}},
)


def triggers(count: int) -> Iterator[tuple[TriggerKey, Trigger]]:
    """Yield so many triggers, of which ``MATCHING`` meet each finding of ``finding``."""
    for number in range(count):
        said = _ALWAYS[number] if number < MATCHING else _elsewhere(number)
        yield (f"pb-{number}", "r1"), Trigger(event="finding.new", conditions=said)


def _elsewhere(number: int) -> dict[str, Any]:
    """Return conditions that no finding of ``finding`` meets, each time on something else."""
    kinds: tuple[dict[str, Any], ...] = (
        {"severity": "critical", "asset_id": f"a-{number}", "cvss": {"$gte": 7}},
        {"severity": {"$gte": "high"}, "asset_tags": {"$contains": f"team-{number}"}},
        {"severity": {"$in": ["high", "critical"]}, "category": f"kind-{number}"},
        {"$or": [{"rule": f"r-{number}"}, {"rule": f"s-{number}"}], "severity": "critical"},
        {"severity": "critical", "cvss": {"$gt": 9.8 + number / 1_000_000}},
        {"title": {"$contains": f"CVE-2026-{number:05}"}},
        {"asset_name": {"$endswith": f".team-{number}.example.com"}},
        {"asset_id": {"$in": [f"b-{number}", f"c-{number}"]}, "status": "open"},
    )
    return kinds[number % len(kinds)]


def finding() -> Context:
    """Return a finding as triggers see it. New each time: a context keeps what it has found."""
    asset = {"id": "a-0", "name": "app.example.com", "type": "domain"}
    data = FINDING["data"] | {
        "severity": "critical",
        "cvss": 9.8,
        "category": "web",
        "title": "SQL injection in the login form (CVE-2026-1)",
        "asset": asset | {"tags": ["web", "production", "team-0"]},
    }
    return of_finding(FINDING | {"data": data})
