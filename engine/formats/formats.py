"""The formats in which findings may be sent, by name, and what becomes of a report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from engine.formats import (
    asff,
    defectdojo,
    gitleaks,
    nuclei,
    ocsf,
    sarif,
    semgrep,
    trivy,
    wazuh,
)
from engine.formats.reported import Reported
from schemas.findings import Finding


@dataclass(frozen=True)
class Format:
    """How one scanner's reports are told from others, and read."""

    recognises: Callable[[Any], bool]
    findings: Callable[[Any], Iterator[Reported | None]]


FORMATS = {
    "nuclei": Format(nuclei.recognises, nuclei.findings),
    "trivy": Format(trivy.recognises, trivy.findings),
    "sarif": Format(sarif.recognises, sarif.findings),
    "semgrep": Format(semgrep.recognises, semgrep.findings),
    "asff": Format(asff.recognises, asff.findings),
    "ocsf": Format(ocsf.recognises, ocsf.findings),
    "wazuh": Format(wazuh.recognises, wazuh.findings),
    "defectdojo": Format(defectdojo.recognises, defectdojo.findings),
    "gitleaks": Format(gitleaks.recognises, gitleaks.findings),
}
FormatName = Literal[
    "nuclei",
    "trivy",
    "sarif",
    "semgrep",
    "asff",
    "ocsf",
    "wazuh",
    "defectdojo",
    "gitleaks",
    "auto",
]
"""What may be said of a report; auto: whichever format it looks like."""

AUTO: FormatName = "auto"
NAMES: tuple[str, ...] = get_args(FormatName)


class UnknownFormat(ValueError):
    """A report is in no format that is known, or not in the one that was said."""


@dataclass(frozen=True)
class Report:
    """What a scanner's report holds. left_out: entries in it that are no open problem."""

    format: str
    findings: tuple[Finding, ...]
    left_out: int


def read(document: Any, format: str) -> Report:
    """Return the findings of a report in the format of that name, or ``auto``.

    Raises UnknownFormat when the report does not look like one of that format: to take it for
    an empty one would lose what it says.
    """
    name = _recognised(document) if format == AUTO else format
    known = FORMATS.get(name)
    if known is None:
        raise UnknownFormat(f"{format} is no format of findings: use one of {', '.join(FORMATS)}")
    if not known.recognises(document):
        raise UnknownFormat(
            f"this does not look like {name}: send what the scanner wrote, whole, or say another "
            "format"
        )
    reported = list(known.findings(document))
    found = tuple(each.finding(name) for each in reported if each is not None)
    return Report(name, found, len(reported) - len(found))


def _recognised(document: Any) -> str:
    for name, each in FORMATS.items():
        if each.recognises(document):
            return name
    raise UnknownFormat(
        f"this looks like no report that is known: say its format, one of {', '.join(FORMATS)}"
    )
