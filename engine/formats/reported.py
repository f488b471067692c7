"""One finding of a scanner's report, in the product's terms, and the event it becomes."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from schemas.findings import Finding, FindingKind
from schemas.messages import JsonObject

_RAW_BYTES_MAX = 65_536
_RAW_TEXT_MAX = 2_048
_DEPTH_MAX = 32
_TITLE_MAX = 512
_ID_MAX = 512


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a scanner says of one thing it found.

    key: what makes it the same finding in the next report: an id of the scanner's own, or the
    parts that tell it from every other. status: None for one that is open. seen_at: when the
    scanner saw it this time; occasion: what tells this time from others where no time is said.
    raw: the scanner's own words, kept whole up to 64 KiB.
    """

    key: str | tuple[object, ...]
    kind: str
    title: str | None
    raw: JsonObject
    severity: str | None = None
    status: str | None = None
    cvss: float | None = None
    asset: JsonObject = field(default_factory=dict)
    description: str | None = None
    remediation: str | None = None
    references: tuple[str, ...] = ()
    cve: tuple[str, ...] = ()
    cwe: tuple[str, ...] = ()
    rule_id: str | None = None
    tags: tuple[str, ...] = ()
    first_seen_at: datetime | None = None
    seen_at: datetime | None = None
    occasion: str | None = None
    more: JsonObject = field(default_factory=dict)

    def finding(self, scanner: str) -> Finding:
        """Return the event for ``findings``.

        The same report sent twice is the same event. The same finding in the next report is
        another one, with the same ``finding_id``: whether it starts a playbook again is for
        that playbook's ``dedupe`` to say.
        """
        finding_id = self._finding_id(scanner)
        return Finding(
            id=self._event_id(finding_id, scanner),
            event=self._event(),
            timestamp=self.seen_at,
            source=scanner,
            data={name: value for name, value in self._data(finding_id, scanner) if value},
        )

    def _event_id(self, finding_id: str, scanner: str) -> str:
        occasion = self.seen_at.isoformat() if self.seen_at else self.occasion
        said = "/".join(part for part in (finding_id, self.status, occasion) if part)
        return said if len(said) <= _ID_MAX else _digest(scanner, said)

    def _event(self) -> FindingKind:
        return "finding.new" if self.status is None else "finding.status_changed"

    def _finding_id(self, scanner: str) -> str:
        if isinstance(self.key, str) and len(self.key) <= _ID_MAX:
            return self.key
        return _digest(scanner, self.key)

    def _data(self, finding_id: str, scanner: str) -> list[tuple[str, Any]]:
        return [
            ("finding_id", finding_id),
            ("title", (self.title or self.rule_id or finding_id)[:_TITLE_MAX]),
            ("kind", self.kind),
            ("severity", self.severity),
            ("status", self.status or "new"),
            ("cvss", self.cvss),
            ("asset", {name: value for name, value in self.asset.items() if value}),
            ("description", self.description),
            ("remediation", self.remediation),
            ("references", list(self.references)),
            ("cve", list(self.cve)),
            ("cwe", list(self.cwe)),
            ("rule_id", self.rule_id),
            ("tags", list(self.tags)),
            ("first_seen_at", self.first_seen_at and self.first_seen_at.isoformat()),
            ("scanner", scanner),
            *self.more.items(),
            ("raw", kept(self.raw)),
        ]


def _digest(scanner: str, key: object) -> str:
    return f"{scanner}-{sha256(orjson.dumps(key, default=str)).hexdigest()[:32]}"


def kept(raw: JsonObject) -> JsonObject:
    """Return a scanner's own words within limits: long texts cut first, then left out whole."""
    if _fits(raw):
        return raw
    cut: JsonObject = _cut(raw, _DEPTH_MAX)
    return cut if _fits(cut) else {"left_out": "too large"}


def _fits(raw: JsonObject) -> bool:
    try:
        return len(orjson.dumps(raw)) <= _RAW_BYTES_MAX
    except TypeError:  # nested deeper than what can be written
        return False


def _cut(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value[:_RAW_TEXT_MAX]
    if isinstance(value, dict | list) and depth == 0:
        return None
    if isinstance(value, dict):
        return {name[:_RAW_TEXT_MAX]: _cut(each, depth - 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_cut(each, depth - 1) for each in value[:_RAW_TEXT_MAX]]
    return value
