"""The schema of the playbook format says what the models say, and is shipped as it is."""

from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from api.demo import examples
from engine import playbooks
from engine.playbook_schema import playbook_schema
from schemas.playbooks import Playbook
from streams.actions import yaml_files
from tests.engine.test_shapes import WRONG
from tests.examples import CRITICAL_FINDING_ALERT, action
from tests.playbooks import document

SHIPPED = Path(__file__).parent.parent.parent / "schemas" / "playbook.schema.json"
VALIDATOR = Draft202012Validator(playbook_schema())
VALUES = (None, True, 0, -1, 7, 1.5, "", "word", "15m", "30", "end", [], ["one"], {}, {"a": 1})


def fits(of: Any) -> bool:
    return bool(VALIDATOR.is_valid(of))


def model_takes(of: Any) -> bool:
    try:
        Playbook.model_validate({"id": "pb-named", **of} if isinstance(of, dict) else of)
    except ValidationError:
        return False
    return True


def is_json(of: Any) -> bool:
    try:
        orjson.dumps(of)
    except TypeError:
        return False
    return True


def triggered(**conditions: Any) -> dict[str, Any]:
    trigger = {"event": "finding.new", "conditions": conditions}
    return CRITICAL_FINDING_ALERT | {"trigger": trigger}


def test_it_is_json_schema_2020_12() -> None:
    Draft202012Validator.check_schema(playbook_schema())


def test_the_shipped_file_is_what_the_models_say() -> None:
    assert orjson.loads(SHIPPED.read_bytes()) == orjson.loads(orjson.dumps(playbook_schema())), (
        "the playbook format has changed: playbooks schema > schemas/playbook.schema.json"
    )


@pytest.mark.parametrize("path", examples.playbook_files(), ids=lambda path: path.stem)
def test_every_example_fits(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(yaml_files.read(path).value)) == []


def test_the_documented_playbook_fits() -> None:
    assert fits(CRITICAL_FINDING_ALERT)


@pytest.mark.parametrize("seed", range(50))
def test_playbooks_of_every_shape_fit(seed: int) -> None:
    drawn = document(Random(seed), "pb-drawn", ["pb-other"], 30)
    assert list(VALIDATOR.iter_errors(drawn)) == []


SHAPES = [case for case in WRONG if is_json(case[1]) and not model_takes(case[1])]


@pytest.mark.parametrize("wrong", [case[1] for case in SHAPES], ids=[case[0] for case in SHAPES])
def test_what_the_model_refuses_does_not_fit(wrong: Any) -> None:
    assert not fits(wrong)


def places(of: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document at which something stands, from the outside to the inside."""
    inner = of.items() if isinstance(of, dict) else enumerate(of) if isinstance(of, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def changed(of: Any, path: tuple[Any, ...], change: Any) -> Any:
    """The document with what stands at a place replaced by ``change`` of it."""
    if not path:
        return change(of)
    copy = dict(of) if isinstance(of, dict) else list(of)
    copy[path[0]] = changed(of[path[0]], path[1:], change)
    return copy


@given(st.integers(0, 99), st.data())
def test_a_document_fits_exactly_when_the_model_takes_it(seed: int, data: Any) -> None:
    said = document(Random(seed), "pb-drawn", ["pb-other"], 5)
    # Of what stands below parameters or conditions a model knows nothing.
    known = [
        p for p in places(said) if not {"parameters", "conditions"} & {str(part) for part in p}
    ]
    place = data.draw(st.sampled_from(known[1:]))
    value = data.draw(st.sampled_from(VALUES))

    def key_added(here: Any) -> Any:
        if not isinstance(here, dict):
            return value
        key = data.draw(st.sampled_from([*here, "triger", "id", "name", "timeout_seconds"]))
        return here | {key: value}

    def key_removed(here: Any) -> Any:
        if not isinstance(here, dict) or not here:
            return value
        without = data.draw(st.sampled_from(list(here)))
        return {k: v for k, v in here.items() if k != without}

    change = data.draw(st.sampled_from([lambda here: value, key_added, key_removed]))
    mutant = changed(said, place, change)
    assert fits(mutant) is model_takes(mutant)


@pytest.mark.parametrize(
    "conditions",
    [
        {"severity": {"$near": "high"}},
        {"$nor": [{"severity": "high"}]},
        {"$or": []},
        {"$or": {"severity": "high"}},
        {"severity": {"$in": "high"}},
        {"cvss": {"$gte": True}},
        {"cvss": {"$exists": "yes"}},
        {"severity": {"$not": {"$lik": "x"}}},
        {"title": {"$regex": ""}},
        {"asset.ip": {"$cidr": 10}},
        {"tags": {"$contains": ["a"]}},
    ],
    ids=str,
)
def test_operators_that_do_not_exist_or_take_something_else_do_not_fit(
    conditions: dict[str, Any],
) -> None:
    assert playbooks.problems(triggered(**conditions)) != []
    assert not fits(triggered(**conditions))


@pytest.mark.parametrize(
    "conditions",
    [
        {"severity": {"$gte": "high"}, "asset_tags": {"$contains": "production"}},
        {"$or": [{"severity": "critical"}, {"cvss": {"$gt": 9, "$lte": 10.0}}]},
        {"severity": {"$or": ["high", {"$eq": "critical"}]}, "$not": {"a.b": None}},
        {"seen_at": {"$gte": "2026-01-31T12:00:00Z"}, "ip": {"$cidr": ["10.0.0.0/8", "::/0"]}},
        {"asset": {"$eq": {}}, "tags": ["a", "b"], "meta": {"kind": {"deep": 1}}},
        {"owner": {"$exists": False}, "title": {"$regex": "^sql", "$endswith": "form"}},
    ],
    ids=str,
)
def test_conditions_of_every_kind_fit(conditions: dict[str, Any]) -> None:
    assert playbooks.problems(triggered(**conditions)) == []
    assert fits(triggered(**conditions))


@pytest.mark.parametrize("seconds", [30, 0.5, "30", "0.5"])
def test_a_number_may_be_written_as_a_text(seconds: Any) -> None:
    said = CRITICAL_FINDING_ALERT | {"steps": [action("one", timeout_seconds=seconds)]}
    assert playbooks.problems(said) == []
    assert fits(said)


def test_a_truth_is_no_number() -> None:
    said = CRITICAL_FINDING_ALERT | {"timeout_minutes": True}
    assert [p.message for p in playbooks.problems(said)] == [
        "a number is wanted, not true or false"
    ]
    assert not fits(said)


def test_a_fault_in_a_step_is_blamed_on_its_own_type() -> None:
    said = CRITICAL_FINDING_ALERT | {"steps": [action("one", paramters={})]}
    [error] = VALIDATOR.iter_errors(said)
    assert list(error.absolute_path) == ["steps", 0]
    assert "paramters" in error.message
