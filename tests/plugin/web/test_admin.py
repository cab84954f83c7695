"""The administrator's pages: whether all is well, platforms, courses in numbers, the queue, keys, trail, settings."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from lti.claims import platform_id
from lti.preflight import Check, Finding, Need
from lti.roles import Role
from lti.stores import Deployment, Registration
from plugin.administering import LINK_LIVES, make_link
from plugin.commands.settings_file import load
from plugin.health import Finding as Part
from plugin.health import Health, Status
from plugin.identity import ListedKey
from plugin.preflight import Preflight
from plugin.storage.audit import Entry
from plugin.storage.marks import Mark, Marked
from plugin.storage.outbox import Topic
from plugin.storage.registrations import Registrations
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED
from tests.plugin.rows import park
from tests.plugin.web.site import LMS, Browser, Site, a_launch
from tests.plugin.web.stock import COURSE, an_offer, held_award, sealed_credential, waiting_award

MOODLE = Registration(LMS, "client", f"{LMS}/auth", f"{LMS}/token", f"{LMS}/jwks", "moodle", "Our Moodle", (LMS,))
DEPLOYMENT = platform_id(LMS, "client", "1")
PAGES = ("", "platforms", "courses", "queue", "resume", "keys", "trail", "settings", "person", "sign-ins/")
EIGHT_HOURS = timedelta(hours=8)


@pytest.fixture
def admin(site: Site) -> Browser:
    """An administrator, signed in."""
    return site.administrator()


@pytest.fixture
def connected(site: Site) -> Registration:
    """A Moodle whose one deployment waits."""
    stored = Registrations(site.storage)
    stored.save(MOODLE, ISSUED)
    stored.note_deployment(Deployment(MOODLE.id, "1", DEPLOYMENT, allowed=False, first_seen_at=ISSUED))
    return MOODLE


def acts(storage: Storage) -> list[tuple[str, str, str]]:
    """Who did what to what, after coming in."""
    with storage.reading() as work:
        entries = [chained.entry for chained in work.audit.entries()]
    return [(each.actor, each.act, each.subject) for each in entries if each.subject != "administrator"]


def pause(storage: Storage) -> None:
    """Pause the installation, as a restore does."""
    with storage.begin() as work:
        work.marks.set(Mark.PAUSED, "after a restore", ISSUED)


def paused(storage: Storage) -> Marked | None:
    """Since when the installation is paused."""
    with storage.reading() as work:
        return work.marks.get(Mark.PAUSED)


def note(storage: Storage, number: int) -> None:
    """So many acts of a registrar in the trail."""
    with storage.begin() as work:
        for count in range(number):
            work.audit.note(Entry(at=ISSUED, actor="registrar", act="approve", subject=f"award-{count:03}"))


def test_looking_at_a_link_does_not_spend_it(site: Site) -> None:
    """A scanner of mails opens it too; pressing the button counts, once."""
    path = f"/admin/enter/{make_link(site.storage, 'Ada Admin', site.now)}"
    scanner, ada, thief = site.browser(), site.browser(), site.browser()

    scanner.get(path)

    assert ada.post(path).headers["Location"] == "/admin/"
    assert thief.post(path).status_code == 403
    assert thief.get("/admin/queue").status_code == 401


def test_a_link_that_is_over_lets_nobody_in(site: Site) -> None:
    """Ten minutes after it was made."""
    path = f"/admin/enter/{make_link(site.storage, 'Ada Admin', site.now)}"
    site.now += LINK_LIVES

    assert site.browser().post(path).status_code == 403


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_stranger_sees_no_page(site: Site, page: str) -> None:
    """Each page asks by itself who it is."""
    assert site.browser().get(f"/admin/{page}").status_code == 401


def test_a_stranger_is_told_how_to_come_in(site: Site) -> None:
    """The first page leads to the one that says it, with the command."""
    answer = site.browser().get("/admin/", follow_redirects=True)

    assert answer.request.path == "/admin/sign-in"
    assert "microcred admin link" in answer.text


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.TEACHER])
def test_a_launch_makes_no_administrator(site: Site, role: Role) -> None:
    """Whoever administers a platform does not administer the bridge."""
    visitor = site.browser(a_launch(role))

    assert visitor.get("/admin/queue").status_code == 401
    assert visitor.get("/admin/").headers["Location"] == "/admin/sign-in"


def test_signing_in_ends_after_eight_hours(site: Site, admin: Browser) -> None:
    """However busy somebody was meanwhile."""
    begun, half_an_hour = site.now, timedelta(minutes=30)
    while site.now < begun + EIGHT_HOURS - half_an_hour:
        site.now += half_an_hour
        assert admin.get("/admin/queue").status_code == 200
    site.now += half_an_hour

    assert admin.get("/admin/queue").status_code == 401


def test_signing_out_ends_it_at_once(admin: Browser) -> None:
    """On a computer that others use."""
    admin.post("/admin/sign-out", page="/admin/")

    assert admin.get("/admin/queue").status_code == 401


def test_a_copied_cookie_opens_nothing_after_signing_out(site: Site, admin: Browser) -> None:
    """The browser is told to forget its cache too."""
    name = site.app.config["SESSION_COOKIE_NAME"]
    cookie = admin.client.get_cookie(name)
    assert cookie is not None
    thief = site.browser()
    thief.client.set_cookie(name, cookie.value)
    before = thief.get("/admin/queue").status_code

    answer = admin.post("/admin/sign-out", page="/admin/")

    assert (before, thief.get("/admin/queue").status_code) == (200, 401)
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_sign_ins_are_listed_and_ended_one_by_one(site: Site, admin: Browser) -> None:
    """Another one's at once, a link too; one's own is marked, and its cookie is not on the page."""
    other = site.administrator("Dr Vos")
    make_link(site.storage, "Eve Extern", site.now)
    page = admin.get("/admin/sign-ins/").text
    vos, eve = (re.search(rf'action="([^"]+)">(?:(?!</form>).)*{name}', page, re.DOTALL) for name in ("Vos", "Extern"))
    assert vos is not None
    assert eve is not None

    ended = admin.post(vos[1], page="/admin/sign-ins/", follow_redirects=True)
    admin.post(eve[1], page="/admin/sign-ins/")

    assert page.count("you, here") == 1
    assert "Ended: Dr Vos." in ended.text
    assert (other.get("/admin/queue").status_code, admin.get("/admin/queue").status_code) == (401, 200)
    assert "There are none." in admin.get("/admin/sign-ins/").text
    assert admin.post(vos[1], page="/admin/sign-ins/").status_code == 404


def test_all_sign_ins_are_ended_at_once(site: Site, admin: Browser) -> None:
    """One's own too: nobody is left who should not be there."""
    other = site.administrator("Dr Vos")

    answer = admin.post("/admin/sign-ins/", page="/admin/sign-ins/")

    assert answer.headers["Location"] == "/admin/sign-in"
    assert {each.get("/admin/queue").status_code for each in (admin, other)} == {401}


@pytest.mark.parametrize("page", PAGES)
def test_no_cache_keeps_what_an_administrator_saw(admin: Browser, page: str) -> None:
    """Neither on the way nor in the browser."""
    answer = admin.get(f"/admin/{page}")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.PASS, "Yes: everything that was looked at is green."),
        (Status.WARN, "The bridge works; something needs attention."),
        (Status.FAIL, "No: something keeps the bridge from working."),
    ],
)
def test_the_overview_says_whether_all_is_well(site: Site, admin: Browser, status: Status, said: str) -> None:
    """The worst part decides, and says what helps."""
    fine = Part("database", Status.PASS, "It can be read and written.")
    site.health = Health((fine, Part("disk", status, "3 percent are free.", "Make room.")))

    page = admin.get("/admin/").text

    assert said in page
    assert "Make room." in page
    assert "Signed in as Ada Admin." in page


@pytest.mark.parametrize("is_paused", [True, False])
def test_the_overview_leads_to_ending_a_pause(site: Site, admin: Browser, is_paused: bool) -> None:
    """A pause is never overlooked, and none is told where there is none."""
    if is_paused:
        pause(site.storage)

    page = admin.get("/admin/").text

    assert ("Sealing and sending are paused since" in page) is is_paused
    assert ('href="/admin/resume"' in page) is is_paused


def test_the_overview_says_when_a_backup_was_made_and_tried(site: Site, admin: Browser) -> None:
    """And that none ever was."""
    before = admin.get("/admin/").text
    with site.storage.begin() as work:
        work.marks.set(Mark.BACKUP, "microcred-20261124", ISSUED)
        work.marks.set(Mark.REHEARSAL, "microcred-20261124", ISSUED)

    after = admin.get("/admin/").text

    assert "No backup was ever made" in before
    assert "No backup was ever tried." in before
    assert "(microcred-20261124)" in after
    assert "Last good restore on trial" in after


def test_platforms_are_listed_with_where_they_launch_from(admin: Browser, connected: Registration) -> None:
    """And with the way to try what they grant."""
    page = admin.get("/admin/platforms").text

    assert "Our Moodle" in page
    assert f'href="/admin/platforms/{connected.id}"' in page
    assert "Allow deployment 1" in page


def test_an_invite_is_shown_once(admin: Browser) -> None:
    """It is a secret: the page without it comes back."""
    invited = admin.post("/admin/platforms/invite", page="/admin/platforms").text

    assert "https://credentials.example.org/lti/register/an-invite" in invited
    assert "an-invite" not in admin.get("/admin/platforms").text


def test_a_deployment_is_let_in_and_stopped(site: Site, admin: Browser, connected: Registration) -> None:
    """By one button, in the name of who pressed it."""
    allowed = []
    for wish in ("true", "false"):
        page = admin.post(
            f"/admin/deployments/{DEPLOYMENT}", {"allowed": wish}, page="/admin/platforms", follow_redirects=True
        )
        assert "Kept; it takes effect within half a minute." in page.text
        allowed += [each.allowed for each in Registrations(site.storage).deployments(connected.id)]

    assert allowed == [True, False]
    assert acts(site.storage) == [("Ada Admin", "allow", DEPLOYMENT), ("Ada Admin", "stop", DEPLOYMENT)]


def test_an_unknown_deployment_is_not_decided_about(site: Site, admin: Browser, connected: Registration) -> None:
    """Nothing is kept, so nothing is noted and nothing of the kind said."""
    answer = admin.post("/admin/deployments/unknown", {"allowed": "true"}, page="/admin/platforms")

    assert answer.status_code == 404
    assert "Kept" not in admin.get("/admin/platforms").text
    assert acts(site.storage) == []


def test_half_a_decision_changes_nothing(site: Site, admin: Browser, connected: Registration) -> None:
    """A form without the answer is not taken for a no."""
    admin.post(f"/admin/deployments/{DEPLOYMENT}", page="/admin/platforms")

    assert acts(site.storage) == []


def test_a_platform_is_tried_and_says_what_is_left_to_do(site: Site, admin: Browser, connected: Registration) -> None:
    """Need by need, with the step that helps."""
    problem = Finding(Need.GRADES, ("M6",), "gradereport", "The function is missing.", "Add it to the service.")
    checks = (Check(Need.LAUNCH, (Finding(Need.LAUNCH, ("M1",), "launch"),)), Check(Need.GRADES, (problem,)))
    site.preflights[connected.id] = Preflight(connected, (DEPLOYMENT,), checks)

    page = admin.get(f"/admin/platforms/{connected.id}").text

    assert "Our Moodle" in page
    assert "What is still to be done there:" in page
    assert "Add it to the service." in page


def test_an_unknown_platform_is_not_there(admin: Browser) -> None:
    """Rather than empty."""
    assert admin.get("/admin/platforms/unknown").status_code == 404


def test_courses_are_numbers_without_a_learner(site: Site, admin: Browser) -> None:
    """Awards by state: nobody's name, nobody's id."""
    offer = an_offer(site.storage)
    sealed_credential(site.storage, offer)
    waiting_award(site.storage, offer, "learner-7")
    held_award(site.storage, offer, "learner-9")

    page = admin.get("/admin/courses").text

    cells = re.findall(r'<td data-label="Awards">(.*?)</td>', page)
    assert [re.findall(r"\d+", cell) for cell in cells] == [["1", "1", "1"]]
    assert str(COURSE) in page
    assert not {name for name in ("Anna", "Kowalska", "learner-7", "learner-9") if name in page}


def test_the_queue_names_what_was_put_aside_by_its_code(site: Site, admin: Browser) -> None:
    """The code is what can be looked up."""
    park(site.storage, Topic.ISSUE, "award-1", "seal_unavailable", ISSUED)

    page = admin.get("/admin/queue").text

    assert "<code>seal_unavailable</code>" in page
    assert "issue award-1" in page


def test_what_was_put_aside_is_tried_again(site: Site, admin: Browser) -> None:
    """At once, and in the name of who wanted it; afterwards there is no button."""
    park(site.storage, Topic.ISSUE, "award-1", "seal_unavailable", ISSUED)

    page = admin.post("/admin/queue/retry", page="/admin/queue", follow_redirects=True).text

    assert "1 piece of work is due again." in page
    assert "Nothing was put aside." in page
    assert site.rung == [site.now]
    assert acts(site.storage) == [("Ada Admin", "retry", "outbox")]


def test_a_pause_is_explained_before_it_is_ended(site: Site, admin: Browser) -> None:
    """Looking ends nothing: it cannot be taken back."""
    pause(site.storage)

    page = admin.get("/admin/resume").text

    assert "It cannot be taken back" in page
    assert paused(site.storage) is not None


def test_ending_a_pause_is_noted_under_the_name(site: Site, admin: Browser) -> None:
    """And what waited is sent off."""
    pause(site.storage)

    page = admin.post("/admin/resume", page="/admin/resume", follow_redirects=True).text

    assert "Sealing and sending go on." in page
    assert paused(site.storage) is None
    assert site.rung == [site.now]
    assert acts(site.storage) == [("Ada Admin", "resume", "installation")]


def test_where_nothing_is_paused_nothing_is_ended(site: Site, admin: Browser) -> None:
    """A second press, or a page that was left open, does not claim to have done it."""
    page = admin.post("/admin/resume", page="/admin/queue", follow_redirects=True).text

    assert "Nothing is paused." in page
    assert "go on" not in page
    assert site.rung == []
    assert acts(site.storage) == []


def test_keys_are_shown_with_their_state_and_their_end(site: Site, admin: Browser) -> None:
    """A key without a certificate has no end."""
    seal = ListedKey("seal-1", "ES256", "seal", "active", ISSUED, ISSUED + timedelta(days=90))
    badge = ListedKey("badge-1", "EdDSA", "credentials", "retired", ISSUED)
    site.keys = (seal, badge)

    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", admin.get("/admin/keys").text, re.DOTALL)

    assert ["seal-1" in rows[0], "signs now" in rows[0], "in 90 days" in rows[0]] == [True] * 3
    assert ["badge-1" in rows[1], "retired" in rows[1], "in " in rows[1]] == [True, True, False]


def test_the_trail_shows_the_newest_first_page_by_page(site: Site, admin: Browser) -> None:
    """Fifty to a page; the way on and back."""
    note(site.storage, 60)

    first, second = admin.get("/admin/trail").text, admin.get("/admin/trail?page=2").text

    shown = [re.findall(r"<code>(award-\d+)</code>", page) for page in (first, second)]
    assert shown[0][0] == "award-059"
    assert shown[0] + shown[1] == [f"award-{count:03}" for count in reversed(range(60))]
    assert [len(shown[0]), "Next" in first, "Previous" in first] == [50, True, False]
    assert ["Next" in second, "Previous" in second] == [False, True]


@pytest.mark.parametrize("page", ["0", "-3", "x"])
def test_a_page_that_cannot_be_is_the_first(site: Site, admin: Browser, page: str) -> None:
    """Nobody is punished for an address."""
    note(site.storage, 60)

    shown = admin.get(f"/admin/trail?page={page}").text

    assert "award-059" in shown
    assert "page=2" in shown


@pytest.mark.parametrize(("words", "found"), [("award-001", 1), ("REGISTRAR", 3), ("approve", 3), ("a%d", 0)])
def test_the_trail_is_searched(site: Site, admin: Browser, words: str, found: int) -> None:
    """By who, what and which number, in either case; signs are signs."""
    note(site.storage, 3)

    page = admin.get("/admin/trail", query_string={"words": words}).text

    assert len(re.findall(r"<code>award-\d+</code>", page)) == found
    assert ("Nothing was found." in page) is (found == 0)


def test_an_untouched_trail_is_intact(admin: Browser) -> None:
    """Said only when it was looked at."""
    assert "Intact" not in admin.get("/admin/trail").text
    assert "Intact: no entry was changed" in admin.get("/admin/trail?verify=1").text


def test_a_changed_entry_is_named(site: Site, admin: Browser) -> None:
    """The first place where the chain does not hold."""
    note(site.storage, 3)
    with site.storage.engine.begin() as connection:
        changed = "UPDATE audit SET actor = 'nobody' WHERE subject = 'award-001' RETURNING seq"
        number = connection.exec_driver_sql(changed).scalar_one()

    page = admin.get("/admin/trail?verify=1").text

    assert f"Broken at entry {number}." in page
    assert "Intact" not in page


def test_settings_are_shown_without_a_secret(site: Site, admin: Browser) -> None:
    """Only whether it is set, and no password of an address."""
    site.environment = {
        "MICROCRED_SECRET_KEYS": "a-secret-key",
        "MICROCRED_BROKER_URL": "redis://user:a-password@broker.example/0",
        "MICROCRED_PUBLIC_URL": "https://credentials.example.org",
    }

    page = admin.get("/admin/settings").text

    assert "https://credentials.example.org" in page
    assert "(set)" in page
    assert "broker.example" in page
    assert not {secret for secret in ("a-secret-key", "a-password") if secret in page}


def test_settings_say_where_each_comes_from(site: Site, admin: Browser, tmp_path: Path) -> None:
    """Whoever wants to change one must know where: in the file of settings, or where it is set over that."""
    secret, file = tmp_path / "token", tmp_path / "settings"
    secret.write_text("a-token-of-some-length")
    file.write_text("MICROCRED_PORT=9000\nMICROCRED_HOST=0.0.0.0\n")
    site.environment = {"MICROCRED_HOST": "127.0.0.1", "MICROCRED_OPERATOR_TOKEN_FILE": str(secret)}
    load(file, site.environment)

    page = admin.get("/admin/settings").text

    rows = dict(re.findall(r'<code>(MICROCRED_\w+)</code></th>.*?data-label="From">([^<]*)<', page, re.DOTALL))
    assert rows["MICROCRED_PORT"] == "settings file"
    assert rows["MICROCRED_HOST"] == "environment"
    assert rows["MICROCRED_OPERATOR_TOKEN"] == "a file of its own"
    assert rows["MICROCRED_DATA_DIR"] == "default"


@pytest.mark.parametrize("path", ["platforms/invite", "queue/retry", "resume", "sign-out"])
def test_another_site_cannot_press_a_button(site: Site, admin: Browser, path: str) -> None:
    """A form without our token is refused before anything is done."""
    pause(site.storage)
    assert admin.client.post(f"/admin/{path}").status_code == 400
    assert acts(site.storage) == []
