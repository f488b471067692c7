"""Conditions of documents, said as expressions again."""

import pytest

from engine.cacao.templates import Templates

TEMPLATES = Templates(
    {
        "__cvss__": {"description": "{{ finding.cvss }}"},
        "__title__": {"description": "{{ finding.title }}"},
        "__whole__": {"description": "finding.cvss > 9 or asset.name"},
        "__odd__": {"type": "string"},
        "__wrong__": "x",
    }
)


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        ("[__cvss__:value > 9]", "finding.cvss > 9"),
        ("[__cvss__:value = 9.5]", "finding.cvss == 9.5"),
        ("[__cvss__:value != 9]", "finding.cvss != 9"),
        ("[__title__:value = 'it\\'s']", "finding.title == 'it\\'s'"),
        ("[__title__:value IN ('a', 'b')]", "finding.title in ['a', 'b']"),
        ("[__title__:value NOT IN ('a')]", "finding.title not in ['a']"),
        ("[__whole__:value = true]", "finding.cvss > 9 or asset.name"),
        ("[__title__:value = false]", "finding.title == false"),
        (
            "[__cvss__:value > 9 AND (__title__:value = 'a' OR __title__:value = 'b')]",
            "finding.cvss > 9 and (finding.title == 'a' or finding.title == 'b')",
        ),
    ],
)
def test_a_condition_is_said_as_the_expression_that_it_is(condition: str, expression: str) -> None:
    assert TEMPLATES.expression(condition) == expression


@pytest.mark.parametrize(
    "condition",
    [
        "?",
        "[__odd__:value = 1]",
        "[__wrong__:value = 1]",
        "[__cvss__:value > 9 AND __odd__:value = 1]",
        "[__title__:value NOT LIKE 'a%']",
    ],
)
def test_a_condition_without_a_word_for_it_is_none(condition: str) -> None:
    assert TEMPLATES.expression(condition) is None


def test_variables_in_values_become_the_templates_that_they_stand_for() -> None:
    said = {"a": ["__title__:value!", 7], "b": "__odd__:value"}
    assert TEMPLATES.value(said) == {"a": ["{{ finding.title }}!", 7], "b": "__odd__:value"}
