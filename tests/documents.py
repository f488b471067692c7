"""Playbooks that say everything a playbook can say, drawn from a generator of random numbers.

The shapes are those of the simulator (``tests/playbooks.py``); what an execution does
not care about is added here, so that exports and imports meet it.
"""

from random import Random
from typing import Any

from engine.playbooks import problems
from tests import playbooks

EXPRESSIONS = [
    "finding.severity == 'critical'",
    '{{ finding.severity }} == "Critical"',
    "finding.cvss >= 9 and 'production' in {{ finding.asset.tags }}",
    "9.5 <= finding.cvss",
    "finding.status in ['open', 'confirmed'] or not asset.name",
    "(finding.cvss > 7 or asset.type != 'host') and finding.title == 'it\\'s \\\\ here'",
    "finding.status not in ['fixed']",
    "finding.title | upper == 'X'",
    "steps.s0.output.count > -1",
    "finding.asset.id == finding.asset_id",
    "finding.retest == true",
]
TEXTS = [
    "{{ finding.title }} on {{ finding.asset.name | default('?') }}",
    "{% if finding.cvss > 9 %}urgent{% endif %} {{ finding.asset_id }} {{ finding.asset.id }}",
    '{# nothing #} </script> "quotes" \'; DROP ] --> end',
    "{{ steps.s0.output.key }} and {{ parameters.channel }}",
    "__finding_title__:value as a text",
    "  ünïcödé \u2028 ☃ \t\n",
]
PARAMETERS = {
    "channel": {"type": "string", "default": "#security"},
    "count": {"type": "integer", "default": 3},
    "ratio": {"type": "number", "default": 0.5, "required": True},
    "loud": {"type": "boolean", "default": False},
    "tags": {"type": "list", "default": ["a", 1]},
    "more": {"type": "object", "default": {"a": None}, "description": "what else"},
}
TRIGGERS = [
    {"event": "manual"},
    {"event": "finding.new", "conditions": {"severity": {"$gte": "high"}, "asset_tags": "web"}},
    {"event": "scan.failed", "conditions": {"$or": [{"scan_id": "a"}, {"cvss": {"$gt": 9}}]}},
    {"event": "schedule", "cron": "0 8 * * 1", "timezone": "Europe/Berlin"},
    {
        "event": "finding.new",
        "dedupe": {"key": "{{ finding.id }}", "window": "24h"},
        "throttle": {"limit": 10, "per": "1h"},
        "max_running": 5,
    },
]


def drawn(random: Random) -> dict[str, Any]:
    """Return a document without problems."""
    while True:
        document = playbooks.document(random, "pb-drawn", ["pb-other"])
        _say_more(random, document)
        if not problems(document):
            return document


def _say_more(random: Random, document: dict[str, Any]) -> None:
    document |= {"name": random.choice(["Drawn", 'A -- "b" [c] | d', "☃"])}
    document["trigger"] = random.choice(TRIGGERS)
    for name, value in (
        ("description", random.choice(TEXTS)),
        ("tags", random.sample(["a", "b c", "☃"], 2)),
        ("parameters", PARAMETERS),
    ):
        if random.random() < 0.5:
            document[name] = value
    for step in document["steps"]:
        if random.random() < 0.5:
            step["name"] = random.choice(["Do it", '-->|x| "y"', "end", "graph TD; A-->B"])
        if "expression" in step and random.random() < 0.7:
            step["expression"] = random.choice(EXPRESSIONS)
        if "parameters" in step or step["type"] == "action":
            step["parameters"] = {
                "text": random.choice(TEXTS),
                "nested": {"list": [random.choice(TEXTS), 1, 2.5, None, True]},
            }
        if step["type"] == "approval" and random.random() < 0.5:
            step["message"] = random.choice(TEXTS)
        if "on_success" not in step and random.random() < 0.5:
            step["on_success"] = "next"
