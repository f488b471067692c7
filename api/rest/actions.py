"""Actions: what steps can name, what each takes, and whether it is set up."""

import asyncio

from pydantic import Field

from api.rest.answers.actions import ActionShown
from api.rest.calls import Answer, Call, page
from api.rest.queries import PageQuery
from api.rest.route import Route
from streams.actions.descriptions import Description


class ActionsQuery(PageQuery):
    """Which actions."""

    search: str | None = Field(
        default=None, max_length=256, description="in id, name or description, case ignored"
    )
    type: str | None = Field(default=None, max_length=64, description="name of the connector")

    def matches(self, described: Description) -> bool:
        """Tell whether an action is asked for."""
        texts = (described["id"], described["name"], described["description"])
        wanted = None if self.search is None else self.search.casefold()
        is_found = wanted is None or any(wanted in text.casefold() for text in texts)
        return is_found and self.type in (None, described["type"])


async def list_actions(call: Call[ActionsQuery, None]) -> Answer:
    """List the actions, by id."""
    query = call.query
    # It looks for the secrets, in files too.
    described = await asyncio.to_thread(call.parts.actions.describe)
    found = [each for each in described if query.matches(each)]
    shown = [ActionShown.model_validate(each) for each in query.of(found)]
    return page(shown, len(found), query.page, query.per_page)


ROUTES = (
    Route(
        "GET",
        "/api/actions",
        list_actions,
        "List actions",
        scope="read:playbooks",
        query=ActionsQuery,
        answer=ActionShown,
        listed=True,
        paged=True,
    ),
)
