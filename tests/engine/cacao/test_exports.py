"""Every playbook goes out as a valid document and comes back as itself."""

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.demo import examples
from engine import playbooks
from engine.cacao.exporting.document import exported
from engine.cacao.restoring import restored
from engine.patterns.patterns import compiled
from schemas.playbooks import Playbook
from streams.actions import yaml_files
from tests import documents
from tests.engine.cacao.standards import export, levels, revision_of

EXAMPLES = sorted(examples.playbook_files())


def holds(definition: Playbook) -> None:
    """Export, judge, import, export again."""
    document = export(definition)
    assert levels(document) == {}
    for step in document["workflow"].values():
        if "condition" in step:
            compiled(step["condition"])
    raw = orjson.dumps(document)
    back = restored(orjson.loads(raw))
    assert back is not None
    assert back.warnings == []
    assert revision_of(back.definition) == playbooks.revision(definition)
    again = exported(
        Playbook.model_validate(back.definition), created=back.created, modified=back.modified
    )
    assert orjson.dumps(again) == raw


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_valid_document_and_comes_back_as_itself(path: Any) -> None:
    said = yaml_files.read(path).value
    holds(Playbook.model_validate({"id": playbooks.slug(said["name"]), **said}))


@given(st.integers(0, 2**32))
@settings(max_examples=max(50, settings.default.max_examples // 3))
def test_any_playbook_is_a_valid_document_and_comes_back_as_itself(seed: int) -> None:
    holds(Playbook.model_validate(documents.drawn(Random(seed))))


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_the_style_of_soarca_comes_back_as_itself_too(seed: int) -> None:
    definition = Playbook.model_validate(documents.drawn(Random(seed)))
    back = restored(export(definition, style="soarca"))
    assert back is not None
    assert (back.warnings, revision_of(back.definition)) == ([], playbooks.revision(definition))
