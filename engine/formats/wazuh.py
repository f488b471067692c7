"""Wazuh: alerts, and vulnerabilities as its indexer (4.8 and later) or its API (to 4.7) has them.

Fields after the Wazuh documentation: "alerts.json", the index ``wazuh-states-vulnerabilities``,
and the API's ``GET /vulnerability/{agent_id}``.
"""

from collections.abc import Iterator
from typing import Any

from engine.formats import fields
from engine.formats.fields import objects, pick, text, texts
from engine.formats.reported import Reported
from schemas.messages import JsonObject

_LEVELS = ((15, "critical"), (12, "high"), (7, "medium"), (4, "low"))
"""Least ``rule.level`` (0 to 15) of each severity, as Wazuh's own dashboard bands them."""


def recognises(document: Any) -> bool:
    """Tell whether this looks like what Wazuh says."""
    if pick(document, "hits", "hits") is not None:
        return pick(document, "hits", "hits", 0, "_source", "vulnerability") is not None
    if pick(document, "data", "affected_items") is not None:
        return pick(document, "data", "affected_items", 0, "cve") is not None
    one = pick(document, 0) if isinstance(document, list) else document
    return pick(one, "agent") is not None and (
        pick(one, "rule", "level") is not None or pick(one, "vulnerability", "id") is not None
    )


def findings(document: Any) -> Iterator[Reported | None]:
    """Yield what is reported; None for an entry that is neither alert nor vulnerability."""
    for hit in objects(pick(document, "hits", "hits")):
        yield _said(pick(hit, "_source") or {})
    for item in objects(pick(document, "data", "affected_items")):
        yield _item(item)
    if not isinstance(document, dict) or not ("hits" in document or _is_answer(document)):
        for each in objects(document):
            yield _said(each)


def _is_answer(document: JsonObject) -> bool:
    return isinstance(pick(document, "data", "affected_items"), list)


def _said(each: Any) -> Reported | None:
    if isinstance(pick(each, "vulnerability"), dict):
        return _vulnerability(each)
    return _alert(each) if isinstance(pick(each, "rule"), dict) else None


def _asset(agent: Any) -> JsonObject:
    name = text(pick(agent, "name"))
    return {"id": text(pick(agent, "id")) or name, "name": name, "type": "host"}


def _vulnerability(each: JsonObject) -> Reported:
    weak, package = each["vulnerability"], each.get("package")
    number, name = text(weak.get("id")), text(pick(package, "name"))
    version = text(pick(package, "version"))
    score = fields.number(pick(weak, "score", "base"))
    return Reported(
        key=(text(pick(each, "agent", "id")), name, version, number),
        kind="vulnerability",
        title=f"{number} in {name}",
        severity=fields.severity(weak.get("severity")) or fields.severity_of_score(score),
        cvss=score,
        asset=_asset(each.get("agent")),
        description=text(weak.get("description")),
        references=_references(weak.get("reference")),
        cve=fields.cves(number),
        rule_id=number,
        seen_at=fields.instant(weak.get("detected_at")),
        more={"package": name, "installed_version": version},
        raw=each,
    )


def _references(said: Any) -> tuple[str, ...]:
    return (
        texts([each.strip() for each in said.split(",")]) if isinstance(said, str) else texts(said)
    )


def _item(item: JsonObject) -> Reported:
    number, name = text(item.get("cve")), text(item.get("name"))
    version = text(item.get("version"))
    score = fields.number(item.get("cvss3_score"), item.get("cvss2_score"))
    agent = text(item.get("agent_id"))
    return Reported(
        key=(agent, name, version, number),
        kind="vulnerability",
        title=text(item.get("title")),
        severity=fields.severity(item.get("severity")) or fields.severity_of_score(score),
        status=None if item.get("status") in ("VALID", None) else text(item.get("status")),
        cvss=score,
        asset={"id": agent or name, "name": name, "type": "package" if agent is None else "host"},
        references=texts(item.get("external_references")),
        cve=fields.cves(number),
        rule_id=number,
        seen_at=fields.instant(item.get("detection_time")),
        more={"package": name, "installed_version": version},
        raw=item,
    )


def _alert(alert: JsonObject) -> Reported:
    rule = alert["rule"]
    level = fields.number(rule.get("level"))
    banded = next((word for least, word in _LEVELS if level is not None and level >= least), "info")
    return Reported(
        key=text(alert.get("id")) or (text(rule.get("id")), text(alert.get("timestamp"))),
        kind="detection",
        title=text(rule.get("description")),
        severity=None if level is None else banded,
        asset=_asset(alert.get("agent")),
        description=text(alert.get("full_log")),
        rule_id=text(rule.get("id")),
        tags=texts(rule.get("groups"), pick(rule, "mitre", "id")),
        seen_at=fields.instant(alert.get("timestamp")),
        more={"level": level, "source_ip": text(pick(alert, "data", "srcip"))},
        raw=alert,
    )
