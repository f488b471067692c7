"""The extension: its schema is shipped as it is made, and exports are as it says."""

from pathlib import Path
from random import Random

import orjson
from jsonschema import Draft202012Validator

from engine.cacao.extension import json_schema
from engine.cacao.identifiers import EXTENSION
from schemas.extensions import VERSION
from schemas.playbooks import Playbook
from tests import documents
from tests.engine.cacao.standards import export

SHIPPED = Path(__file__).parents[3] / "schemas" / "cacao" / f"extension-{VERSION}.json"


def test_the_shipped_schema_is_the_one_that_is_made() -> None:
    assert orjson.loads(SHIPPED.read_bytes()) == json_schema()


def test_what_is_exported_is_as_the_schema_says() -> None:
    Draft202012Validator.check_schema(json_schema())
    validator = Draft202012Validator(json_schema())
    for seed in range(20):
        document = export(Playbook.model_validate(documents.drawn(Random(seed))))
        validator.validate(document["playbook_extensions"][EXTENSION])
        for step in document["workflow"].values():
            if "step_extensions" in step:
                validator.validate(step["step_extensions"][EXTENSION])
