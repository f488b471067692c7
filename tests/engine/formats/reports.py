"""One small report of each format, written for the tests after the format's documentation."""

from typing import Any

NUCLEI = {
    "template-id": "exposed-panel",
    "info": {
        "name": "Exposed panel",
        "severity": "high",
        "description": "An admin panel can be reached",
        "reference": ["https://example.com/panel"],
        "tags": ["panel", "exposure"],
        "classification": {"cve-id": ["cve-2024-1234"], "cwe-id": ["cwe-200"], "cvss-score": 7.5},
    },
    "type": "http",
    "host": "https://shop.example.com",
    "matched-at": "https://shop.example.com/admin",
    "timestamp": "2026-03-01T12:00:00.123456789+01:00",
}
TRIVY = {
    "SchemaVersion": 2,
    "ArtifactName": "shop:1.4",
    "ArtifactType": "container_image",
    "Results": [
        {
            "Target": "shop:1.4 (alpine 3.19)",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2024-1234",
                    "PkgName": "libexample",
                    "InstalledVersion": "1.0",
                    "FixedVersion": "1.1",
                    "Severity": "CRITICAL",
                    "CVSS": {"nvd": {"V3Score": 9.8, "V2Score": 7.5}, "other": {"V3Score": 9.1}},
                }
            ],
            "Misconfigurations": [
                {
                    "AVDID": "AVD-DS-0002",
                    "Title": "root user",
                    "Severity": "HIGH",
                    "Status": "FAIL",
                },
                {"AVDID": "AVD-DS-0001", "Title": "latest tag", "Status": "PASS"},
            ],
            "Secrets": [
                {
                    "RuleID": "private-key",
                    "Title": "Private key",
                    "Severity": "HIGH",
                    "StartLine": 3,
                    "Match": "-----BEGIN hunter2-hunter2",
                }
            ],
        }
    ],
}
SARIF: dict[str, Any] = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "checker",
                    "rules": [
                        {
                            "id": "SQL1",
                            "shortDescription": {"text": "SQL injection"},
                            "properties": {"security-severity": "9.1", "tags": ["cwe-89"]},
                        },
                        {"id": "LOG1", "defaultConfiguration": {"level": "note"}},
                    ],
                }
            },
            "results": [
                {
                    "ruleId": "SQL1",
                    "message": {"text": "text goes into a query"},
                    "level": "warning",
                    "partialFingerprints": {"primary/v1": "abc"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "src/db.py"},
                                "region": {"startLine": 7},
                            }
                        }
                    ],
                },
                {"ruleIndex": 1, "message": {"text": "logs a name"}},
                {"ruleId": "SQL1", "suppressions": [{"kind": "inSource"}]},
                {"ruleId": "SQL1", "kind": "pass"},
            ],
        }
    ],
}
SEMGREP: dict[str, Any] = {
    "results": [
        {
            "check_id": "python.lang.security.dangerous-exec",
            "path": "src/run.py",
            "start": {"line": 4, "col": 1},
            "extra": {
                "message": "runs text as code",
                "severity": "ERROR",
                "fingerprint": "requires login",
                "metadata": {"cwe": ["CWE-95: Eval Injection"]},
            },
        },
        {"check_id": "x", "path": "y", "start": {"line": 1}, "extra": {"is_ignored": True}},
    ],
    "errors": [],
}
ASFF = {
    "Findings": [
        {
            "Id": "arn:aws:example:finding/1",
            "ProductArn": "arn:aws:example",
            "AwsAccountId": "123456789012",
            "Title": "Port 22 is open",
            "Severity": {"Normalized": 70},
            "Resources": [{"Id": "i-1", "Type": "AwsEc2Instance", "Tags": {"Name": "shop"}}],
            "UpdatedAt": "2026-03-01T12:00:00Z",
            "RecordState": "ACTIVE",
            "Workflow": {"Status": "NEW"},
        },
        {
            "Id": "arn:aws:example:finding/2",
            "ProductArn": "arn:aws:example",
            "AwsAccountId": "123456789012",
            "Severity": {"Label": "LOW"},
            "Workflow": {"Status": "RESOLVED"},
        },
    ]
}
OCSF = {
    "class_uid": 2002,
    "activity_id": 1,
    "severity_id": 5,
    "status_id": 1,
    "time": 1_772_366_400_000,
    "finding_info": {"uid": "f-1", "title": "libexample is outdated"},
    "resources": [{"uid": "i-1", "name": "shop", "type": "host"}],
    "vulnerabilities": [{"cve": {"uid": "CVE-2024-1234", "cvss": [{"base_score": 9.8}]}}],
}
WAZUH_ALERT = {
    "id": "1772366400.1",
    "timestamp": "2026-03-01T12:00:00.000+0000",
    "agent": {"id": "007", "name": "shop"},
    "rule": {"id": "5712", "level": 12, "description": "brute force", "groups": ["sshd"]},
    "data": {"srcip": "203.0.113.9"},
}
WAZUH_INDEX = {
    "hits": {
        "hits": [
            {
                "_source": {
                    "agent": {"id": "007", "name": "shop"},
                    "package": {"name": "libexample", "version": "1.0"},
                    "vulnerability": {
                        "id": "CVE-2024-1234",
                        "severity": "-",
                        "score": {"base": 8.1},
                        "reference": "https://example.com/a, https://example.com/b",
                    },
                }
            }
        ]
    }
}
WAZUH_API = {
    "data": {
        "affected_items": [
            {
                "cve": "CVE-2024-1234",
                "name": "libexample",
                "severity": "Critical",
                "status": "VALID",
            }
        ]
    }
}
DEFECTDOJO = {
    "url_api": "https://dojo.example.com/api/v2/tests/90/",
    "product": {"name": "shop"},
    "test": {"id": 90},
    "findings": {
        "new": [{"id": 1, "title": "a", "severity": "Critical", "url_ui": "https://dojo/1"}],
        "mitigated": [{"id": 2, "title": "b", "severity": "Low"}],
        "untouched": [{"id": 3, "title": "c", "severity": "Low"}],
    },
}
DEFECTDOJO_GENERIC = {
    "findings": [
        {"title": "a", "severity": "Medium", "description": "d", "cwe": 89, "date": "2026-03-01"},
        {"title": "b", "severity": "Medium", "description": "d", "active": False},
    ]
}
GITLEAKS = [
    {
        "RuleID": "aws-access-token",
        "Description": "AWS",
        "Secret": "hunter2-hunter2",
        "Match": "key = hunter2-hunter2",
        "File": "conf/aws.tf",
        "StartLine": 2,
        "Commit": "74d5",
        "Message": "adds key = hunter2-hunter2 for now",
        "Tags": [],
        "Fingerprint": "74d5:conf/aws.tf:aws-access-token:2",
    }
]

REPORTS: dict[str, list[Any]] = {
    "nuclei": [NUCLEI, [NUCLEI]],
    "trivy": [TRIVY],
    "sarif": [SARIF],
    "semgrep": [SEMGREP],
    "asff": [ASFF, {"detail": {"findings": ASFF["Findings"][:1]}}],
    "ocsf": [OCSF, [OCSF]],
    "wazuh": [WAZUH_ALERT, WAZUH_INDEX, WAZUH_API],
    "defectdojo": [DEFECTDOJO, DEFECTDOJO_GENERIC],
    "gitleaks": [GITLEAKS],
}
