"""Tickets: what counts for one playbook, ready to be asked (``engine/admissions.py``)."""

from collections import deque
from datetime import datetime
from itertools import takewhile

from schemas.admissions import Place, Ticket


class Tickets:
    """The tickets of one playbook, by execution id, and where to find them.

    taken, waiting: the executions that have a place, and those that wait for one, in order.
    number: of the last ticket. Changed in place, by ``evolve`` alone: with a hundred thousand
    keys a copy for each event would cost more than everything else.
    """

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}
        self.taken: set[str] = set()
        self.waiting: dict[str, None] = {}
        self.number = 0
        self._deduped: dict[str, str] = {}
        self._throttled: dict[str, deque[datetime]] = {}

    def __len__(self) -> int:
        return len(self._tickets)

    def get(self, execution_id: str) -> Ticket | None:
        """Return the ticket of an execution; None: it does not count."""
        return self._tickets.get(execution_id)

    def deduped(self, key: str, at: datetime) -> Ticket | None:
        """Return whose window the key falls into."""
        ticket = self._tickets.get(self._deduped.get(key, ""))
        if ticket is None or ticket.dedupe_until is None or ticket.dedupe_until <= at:
            return None
        return ticket

    def throttled(self, key: str, at: datetime) -> tuple[int, datetime | None]:
        """Return how many still count for the key, and when the first of them no longer does."""
        ends = self._throttled.get(key, deque())
        over = sum(1 for _ in takewhile(lambda end: end <= at, ends))
        return len(ends) - over, ends[over] if over < len(ends) else None

    def put(self, ticket: Ticket) -> None:
        """Keep a ticket as it is now."""
        known = self._tickets.get(ticket.execution_id)
        self._tickets[ticket.execution_id] = ticket
        self.number = max(self.number, ticket.number)
        self.taken.discard(ticket.execution_id)
        self.waiting.pop(ticket.execution_id, None)
        if ticket.place is Place.TAKEN:
            self.taken.add(ticket.execution_id)
        elif ticket.place is Place.WAITING:
            self.waiting[ticket.execution_id] = None
        if known is not None:
            return  # its keys do not change
        if ticket.dedupe_key is not None:
            self._deduped[ticket.dedupe_key] = ticket.execution_id
        if ticket.throttle_key is not None and ticket.throttle_until is not None:
            self._throttled.setdefault(ticket.throttle_key, deque()).append(ticket.throttle_until)

    def remove(self, ticket: Ticket) -> None:
        """Forget a ticket that no longer counts."""
        del self._tickets[ticket.execution_id]
        self.taken.discard(ticket.execution_id)
        self.waiting.pop(ticket.execution_id, None)
        key = ticket.dedupe_key
        if key is not None and self._deduped.get(key) == ticket.execution_id:
            del self._deduped[key]
        key, until = ticket.throttle_key, ticket.throttle_until
        ends = None if key is None else self._throttled.get(key)
        if key is not None and ends is not None and until is not None:
            while ends and ends[0] <= until:
                ends.popleft()
            if not ends:
                del self._throttled[key]
