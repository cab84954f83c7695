"""Sign-ins of administrators: how long they last, what ends them, and that each is noted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from plugin import signing_in
from plugin.administering import come_in, make_link
from plugin.signing_in import IDLE, LASTS
from plugin.storage.audit import Entry
from plugin.storage.retention import PASSING
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def who(storage: Storage, token: str, now: datetime = ISSUED) -> str:
    """Who is signed in by what a browser holds; empty where nobody is."""
    found = signing_in.find(storage, token, now)
    return "" if found is None else found.name


def noted(storage: Storage, act: str) -> list[Entry]:
    """The entries of an act."""
    with storage.reading() as work:
        return [each.entry for each in work.audit.entries() if each.entry.act == act]


@pytest.fixture
def token(storage: Storage) -> str:
    """What the browser of somebody who is signed in holds."""
    return signing_in.begin(storage, "Ada Admin", "link", ISSUED)


def test_a_sign_in_is_found_by_what_its_browser_holds(storage: Storage, token: str) -> None:
    """And by nothing else; the number that others see of it opens nothing."""
    found = signing_in.find(storage, token, ISSUED)

    assert found is not None
    assert (found.name, found.came_by, who(storage, found.id), who(storage, "")) == ("Ada Admin", "link", "", "")


def test_an_hour_without_doing_anything_ends_it(storage: Storage, token: str) -> None:
    """Whoever does something stays."""
    assert who(storage, token, ISSUED + IDLE - SECOND) == "Ada Admin"
    assert who(storage, token, ISSUED + IDLE + 30 * MINUTE) == "Ada Admin"
    assert who(storage, token, ISSUED + 3 * IDLE) == ""


def test_it_ends_after_eight_hours_whatever_is_done(storage: Storage, token: str) -> None:
    """A sign-in that is kept busy is no way around."""
    now = ISSUED
    while now < ISSUED + LASTS - IDLE / 2:
        now += IDLE / 2
        assert who(storage, token, now) == "Ada Admin"

    assert who(storage, token, ISSUED + LASTS) == ""


def test_signing_out_ends_a_copied_cookie_too(storage: Storage, token: str) -> None:
    """It is over where it is looked up, not where it is held; a second time says nothing."""
    signing_in.sign_out(storage, token, ISSUED)
    signing_in.sign_out(storage, token, ISSUED)

    assert who(storage, token) == ""
    assert [each.actor for each in noted(storage, "sign-out")] == ["Ada Admin"]


def test_a_new_sign_in_ends_what_the_browser_had_before(storage: Storage, token: str) -> None:
    """A new token for each; that of another browser stays."""
    other = signing_in.begin(storage, "Ada Admin", "link", ISSUED)

    new = signing_in.begin(storage, "Ada Admin", "OpenID Connect", ISSUED, before=token)

    assert [who(storage, each) for each in (token, other, new)] == ["", "Ada Admin", "Ada Admin"]


def test_one_sign_in_is_ended_by_another_administrator(storage: Storage, token: str) -> None:
    """By its number; the trail says by whom and whose it was."""
    other = signing_in.begin(storage, "Dr Vos", "link", ISSUED + SECOND)
    (_, ada), _ = signing_in.opened(storage, ISSUED + SECOND)

    assert signing_in.end(storage, ada.id, ISSUED + SECOND, "Dr Vos") == "Ada Admin"

    assert (who(storage, token, ISSUED + SECOND), who(storage, other, ISSUED + SECOND)) == ("", "Dr Vos")
    assert [(each.actor, each.after) for each in noted(storage, "end")] == [("Dr Vos", "sign-in of Ada Admin")]


def test_a_link_that_was_not_used_is_withdrawn(storage: Storage) -> None:
    """Sent to a wrong address, it opens nothing."""
    link = make_link(storage, "Ada Admin", ISSUED)
    _, (unused,) = signing_in.opened(storage, ISSUED)

    assert signing_in.end(storage, unused.id, ISSUED, "Dr Vos") == "Ada Admin"

    assert come_in(storage, link, ISSUED) == ""
    assert signing_in.opened(storage, ISSUED) == ((), ())
    assert [each.after for each in noted(storage, "end")] == ["link for Ada Admin"]


def test_what_does_not_exist_cannot_be_ended(storage: Storage, token: str) -> None:
    """Nothing is noted either."""
    assert signing_in.end(storage, "nothing", ISSUED, "Dr Vos") == ""
    assert who(storage, token) == "Ada Admin"
    assert noted(storage, "end") == []


@pytest.mark.parametrize(("name", "count", "left"), [("", 3, ""), ("Ada Admin", 2, "Dr Vos"), ("nobody", 0, "Dr Vos")])
def test_all_are_ended_or_those_of_one_person(storage: Storage, token: str, name: str, count: int, left: str) -> None:
    """Sign-ins and links, with the reason; an administrator who left the institution has neither."""
    vos = signing_in.begin(storage, "Dr Vos", "link", ISSUED)
    make_link(storage, "Ada Admin", ISSUED)

    ended = signing_in.end_all(storage, ISSUED, "command line: root", name=name, reason="left us")

    assert (ended, who(storage, vos)) == (count, left)
    assert who(storage, token) == ("" if count else "Ada Admin")
    assert {(each.actor, each.detail) for each in noted(storage, "end")} == (
        {("command line: root", "left us")} if count else set()
    )


def test_old_sign_ins_are_let_go(storage: Storage, token: str) -> None:
    """They name who administered; what they did stays in the trail."""
    with storage.begin() as work:
        before, after = ({PASSING: ISSUED + each} for each in (timedelta(0), SECOND))
        assert (work.retention.count(before), work.retention.delete(after)) == ({PASSING: 0}, {PASSING: 1})
