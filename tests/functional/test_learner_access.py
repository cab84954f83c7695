"""A learner's credential opens to that learner alone: not to others of the course, nor to staff."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from lti.roles import Role
from plugin.storage.credentials import Reserved
from tests.plugin.web.site import Browser, Site, a_launch
from tests.plugin.web.stock import an_offer, sealed_credential

ANNA = a_launch(Role.LEARNER, "4")
STRANGERS = {
    "another learner of the course": a_launch(Role.LEARNER, "5"),
    "the same number on another platform": a_launch(Role.LEARNER, "4", platform="2"),
    "a preview of the course": a_launch(Role.PREVIEW, "99"),
}
GETS = ("/credential/{credential}", "/credential/{credential}/file/elm", "/objection/{award}")
POSTS = ("/credential/{credential}/share", "/credential/{credential}/unshare", "/objection/{award}")


@pytest.fixture
def issued(site: Site) -> Reserved:
    """Anna's credential."""
    return sealed_credential(site.storage, an_offer(site.storage))


def filled(path: str, issued: Reserved) -> str:
    """A path with Anna's ids in it."""
    return path.format(credential=issued.envelope.id, award=issued.award_id)


def post(browser: Browser, path: str, home: str) -> int:
    """Send every field that any of the forms wants, with a good token."""
    form = {"days": "30", "reason": "I object to this."}
    return browser.post(path, form, page=home).status_code


@pytest.mark.parametrize("path", GETS)
def test_the_holder_gets_there(site: Site, issued: Reserved, path: str) -> None:
    """What follows would prove nothing if nobody got there."""
    assert site.browser(ANNA).get(f"/mine/{ANNA.id}{filled(path, issued)}").status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_the_holder_may_act(site: Site, issued: Reserved, path: str) -> None:
    """Nor if nobody could act."""
    assert post(site.browser(ANNA), f"/mine/{ANNA.id}{filled(path, issued)}", f"/mine/{ANNA.id}") == 303


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("path", GETS)
def test_a_stranger_with_a_launch_of_their_own_finds_nothing(
    site: Site, issued: Reserved, path: str, stranger: str
) -> None:
    """Another's id is as unknown as an invented one."""
    launch = STRANGERS[stranger]

    answer = site.browser(launch).get(f"/mine/{launch.id}{filled(path, issued)}")

    assert answer.status_code == 404
    assert "Anna" not in answer.text


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("path", POSTS)
def test_a_stranger_changes_nothing(site: Site, issued: Reserved, path: str, stranger: str) -> None:
    """Neither sharing nor stopping to share, nor objecting in another's name."""
    launch = STRANGERS[stranger]

    status = post(site.browser(launch), f"/mine/{launch.id}{filled(path, issued)}", f"/mine/{launch.id}")

    with site.storage.reading() as work:
        assert work.shares.of_credential(issued.envelope.id) == ()
        assert work.holdings.objections((issued.award_id,)) == ()
    assert status == 404


@pytest.mark.parametrize("path", ["", *GETS])
def test_a_launch_of_somebody_else_s_browser_opens_nothing(site: Site, issued: Reserved, path: str) -> None:
    """The id of a launch in an address is no key: the session must hold the launch."""
    site.browser(ANNA)
    thief: FlaskClient = site.app.test_client()

    answer = thief.get(f"/mine/{ANNA.id}{filled(path, issued)}")

    assert answer.status_code == 403
    assert "Anna" not in answer.text


def test_a_teacher_s_launch_is_no_learner_s(site: Site, issued: Reserved) -> None:
    """Staff has other pages."""
    launch = a_launch(Role.TEACHER, "4")

    assert site.browser(launch).get(f"/mine/{launch.id}").status_code == 403


def test_a_learner_s_page_is_framed_by_the_platform_only(site: Site, issued: Reserved) -> None:
    """frame-ancestors is the registered platform; a public page cannot be framed at all."""
    mine = site.browser(ANNA).get(f"/mine/{ANNA.id}").headers["Content-Security-Policy"]
    public = site.browser().get("/verify").headers["Content-Security-Policy"]

    assert mine.endswith("frame-ancestors https://lms.example")
    assert public.endswith("frame-ancestors 'none'")
