"""What names a thing: the same thing always, and never another."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.identities import event_id, idempotency_key, run_identity, timer_command_id
from engine.triggers import execution_id, identity
from schemas.findings import Finding

DUE = datetime(2026, 3, 1, tzinfo=UTC).isoformat()


def finding(**says: Any) -> Finding:
    return Finding.model_validate({"event": "finding.new", "data": {}} | says)


def test_the_identity_of_a_cloudevent_is_its_source_and_id() -> None:
    assert identity(finding(id="1", source="/nuclei"), "findings", 0, 7) == '["/nuclei","1"]'


def test_the_identity_of_a_bare_event_is_its_id() -> None:
    assert identity(finding(id="1"), "findings", 0, 7) == '["1"]'


@pytest.mark.parametrize("event_id", [None, "findings:0:7"], ids=["none", "as the reader put it"])
def test_the_identity_of_an_event_without_id_is_where_it_stands(event_id: str | None) -> None:
    assert identity(finding(id=event_id), "findings", 0, 7) == '["findings",0,7]'


names = st.text(min_size=1, max_size=6) | st.sampled_from(['","', '["a"]', "findings:0:7", "0:7"])


@given(
    st.tuples(names | st.none(), names | st.none()), st.tuples(names | st.none(), names | st.none())
)
def test_two_events_have_one_identity_only_if_they_say_the_same(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None]
) -> None:
    spelled = [
        identity(finding(source=source, id=event_id), "findings", 0, offset)
        for offset, (source, event_id) in enumerate((one, other), start=8)
    ]
    assert (spelled[0] == spelled[1]) is (one == other and one[1] is not None)


def test_the_execution_of_a_playbook_and_an_event_is_always_the_same() -> None:
    assert execution_id("pb-1", '["1"]') == execution_id("pb-1", '["1"]')
    assert execution_id("pb-1", '["1"]') != execution_id("pb-2", '["1"]')
    assert execution_id("pb-1", '["1"]').startswith("pexec-")


@given(names, names, names, names)
def test_a_run_that_was_asked_for_is_never_taken_for_a_finding_or_another_run(
    key: str, again: str, source: str, event: str
) -> None:
    asked = run_identity("k-1", key)
    assert asked != identity(finding(source=source, id=event), "findings", 0, 7)
    assert (asked == run_identity("k-1", again)) is (key == again)
    assert asked != run_identity("k-2", key)
    assert asked != run_identity("k-1", key, "pexec-1")
    assert run_identity("k-1", key, "pexec-1") != run_identity("k-1", key, "pexec-2")


def test_events_and_timers_have_ids_of_their_own() -> None:
    ids = [
        event_id("pexec-1", 1),
        event_id("pexec-1", 2),
        event_id("pexec-2", 1),
        timer_command_id("pexec-1", "timeout", DUE),
        timer_command_id("pexec-1", "timeout/one", DUE),
        timer_command_id("pexec-2", "timeout", DUE),
    ]
    assert len(set(ids)) == len(ids)
    assert event_id("pexec-1", 1) == ids[0]


def test_a_visit_keeps_its_key_and_the_next_one_has_another() -> None:
    assert idempotency_key("pexec-1", "one", 2) == "pexec-1/one/2"
