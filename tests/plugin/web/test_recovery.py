"""Coming back without an account: asking for a link by mail, and what the page says to whom."""

from __future__ import annotations

import re

import pytest

from mappings.assessment import LearnerId
from plugin.storage.credentials import Reserved
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.web.site import Site
from tests.plugin.web.stock import PLATFORM, an_offer, sealed_credential

ADDRESS = "anna@u.example"
SENTENCE = "If credentials are kept for this address, a mail with a link is on its way."


@pytest.fixture
def issued(site: Site) -> Reserved:
    """Anna's credential; she is reached by mail."""
    with site.storage.begin() as work:
        work.contacts.confirm(Holder(PLATFORM, LearnerId("4")), ADDRESS, "en", READ)
    return sealed_credential(site.storage, an_offer(site.storage))


def test_a_mailed_link_opens_the_learner_s_page_without_the_platform(site: Site, issued: Reserved) -> None:
    """From the address that a person types to the file in their hands; following the link alone opens nothing."""
    browser = site.browser()
    browser.post("/recover", {"address": f" {ADDRESS.upper()} "})
    ((_, letter),) = site.mailed
    link = next(line.url for line in letter.message.lines if line.url).removeprefix(PUBLIC_URL)

    followed, before = browser.get(link), browser.get("/mine/kept").status_code
    opened = browser.post(link, follow_redirects=True)

    assert (followed.status_code, before) == (200, 403)
    assert "Applied Data Analysis" in opened.text
    assert browser.get(f"/mine/kept/credential/{issued.envelope.id}/file/elm").status_code == 200


def test_the_answer_is_the_same_whoever_asks_for_whichever_address(site: Site, issued: Reserved) -> None:
    """Byte for byte but for the token of the form: nobody learns who is known here."""
    answers = [site.browser().post("/recover", {"address": address}) for address in (ADDRESS, "eve@u.example")]

    pages = [re.sub(r'value="[^"]+"', "", answer.text) for answer in answers]
    assert pages[0] == pages[1]
    assert SENTENCE in pages[0]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [address for address, _ in site.mailed] == [ADDRESS]


def test_a_link_that_is_spent_says_so_and_leads_to_a_new_one(site: Site, issued: Reserved) -> None:
    """As does one that never was; neither tells which of the two it is."""
    site.browser().post("/recover", {"address": ADDRESS})
    link = next(line.url for line in site.mailed[0][1].message.lines if line.url).removeprefix(PUBLIC_URL)
    site.browser().post(link)

    answers = [site.browser().post(each) for each in (link, "/recover/guessed")]

    for answer in answers:
        assert answer.status_code == 404
        assert "This link does not work any more" in answer.text
        assert 'href="/recover"' in answer.text


@pytest.mark.parametrize(
    "typed", ["", "anna", "anna@", "a b@u.example", "anna@u.example\nBcc: eve@u.example", "x" * 255]
)
def test_what_is_no_address_is_said_and_linked_to_its_field(site: Site, typed: str) -> None:
    """The form comes back with what is wrong; nothing is kept."""
    answer = site.browser().post("/recover", {"address": typed})

    assert answer.status_code == 422
    assert '<a href="#address">' in answer.text
    assert site.mailed == []


def test_where_no_mail_can_be_sent_the_page_says_what_helps_instead(rows: Storage) -> None:
    """A printed link, the account, the file itself, and whom to ask; no form that would promise something."""
    site = Site(rows, mails=False)
    an_offer(rows)

    page = site.browser().get("/recover").text
    sent = site.browser().post("/recover", {"address": ADDRESS}, page="/verify")

    assert 'name="address"' not in page
    assert "printed or kept it" in page
    assert 'href="mailto:registry@academy.example.org"' in page
    assert "sends no mail" in sent.text


def test_asking_is_counted_per_client(rows: Storage) -> None:
    """Ten an hour, by whichever addresses."""
    browser = Site(rows, limited=True).browser()

    statuses = [browser.post("/recover", {"address": f"n{number}@u.example"}).status_code for number in range(11)]

    assert statuses == [200] * 10 + [429]


def test_the_learner_s_page_and_a_refusal_lead_there(site: Site, issued: Reserved) -> None:
    """Whoever still has an account reads how it will go on; whoever has none finds the way."""
    browser = site.browser()
    refused = browser.get("/mine/kept")
    browser.post("/recover", {"address": ADDRESS})
    link = next(line.url for line in site.mailed[0][1].message.lines if line.url).removeprefix(PUBLIC_URL)

    mine = browser.post(link, follow_redirects=True)

    assert refused.status_code == 403
    assert 'href="/recover"' in refused.text
    assert f"{PUBLIC_URL}/recover</a>" in mine.text
