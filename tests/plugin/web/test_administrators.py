"""The administrator's door by OpenID Connect: who is let in, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from plugin.storage.unit_of_work import Storage
from plugin.web.administrators import Provider
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.web.site import Browser, Site
from tests.simulators.identity_provider import IdentityProvider, Twist
from tests.simulators.server import Reply


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    """A running identity provider."""
    with IdentityProvider() as running:
        yield running


@pytest.fixture
def site(rows: Storage, idp: IdentityProvider) -> Site:
    """The pages, where administrators sign in there."""
    return Site(rows, provider=provider_of(idp))


def provider_of(idp: IdentityProvider, **more: str) -> Provider:
    """What the settings say of it."""
    said = {"claim": "roles", "value": "microcred-admin", "acr": ""} | more
    return Provider(issuer=idp.url, client_id=idp.client_id, client_secret=idp.client_secret, **said)


def sent(browser: Browser) -> str:
    """Press the button, and return where the identity provider sends the browser back to."""
    asked = browser.get("/admin/oidc")
    assert asked.status_code == 302, asked.text
    answer = requests.get(asked.location, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].removeprefix(PUBLIC_URL)


def signed_in(browser: Browser) -> TestResponse:
    """Sign in, and return the answer of the way back."""
    return browser.get(sent(browser))


def is_in(browser: Browser) -> bool:
    """Whether the pages open."""
    return browser.get("/admin/queue").status_code == 200


@pytest.mark.parametrize("roles", [["staff", "microcred-admin"], "microcred-admin"])
def test_whoever_has_the_role_is_let_in(site: Site, idp: IdentityProvider, roles: Any) -> None:
    """As one of several values or as the only one; their name is in the audit trail."""
    idp.claims["roles"] = roles
    browser = site.browser()

    answer = signed_in(browser)

    assert (answer.status_code, answer.location) == (303, "/admin/")
    assert is_in(browser)
    with site.storage.reading() as work:
        (entry,) = work.audit.entries("administrator")
    assert (entry.entry.actor, entry.entry.act, entry.entry.detail) == ("Dr Vos", "sign-in", "OpenID Connect")


@pytest.mark.parametrize("roles", [["staff"], "admin", None, ["microcred-administrator"]])
def test_whoever_lacks_the_role_is_not(site: Site, idp: IdentityProvider, roles: Any) -> None:
    """Signed in at the institution is not enough."""
    idp.claims["roles"] = roles
    browser = site.browser()

    assert signed_in(browser).status_code == 403
    assert not is_in(browser)


@pytest.mark.parametrize(("acr", "status"), [("mfa", 303), ("password", 403), (None, 403)])
def test_a_required_strength_is_required(rows: Storage, idp: IdentityProvider, acr: str | None, status: int) -> None:
    """Whoever signed in more weakly, or does not say how, stays out."""
    site = Site(rows, provider=provider_of(idp, acr="mfa"))
    idp.claims["acr"] = acr

    assert signed_in(site.browser()).status_code == status


REFUSED: dict[str, Callable[[IdentityProvider], Twist]] = {
    "another nonce": lambda _: Twist({"nonce": "another"}),
    "no nonce": lambda _: Twist({"nonce": None}),
    "another audience": lambda _: Twist({"aud": "another-client"}),
    "another issuer": lambda _: Twist({"iss": "https://elsewhere.example.org"}),
    "expired": lambda _: Twist({"exp": 1_000_000_000}),
    "no expiry": lambda _: Twist({"exp": None}),
    "another key": lambda _: Twist(key=RSAKey.generate_key(2048, {"kid": "idp-1"})),
    "unsigned": lambda _: Twist(unsigned=True),
}


@pytest.mark.parametrize("twist", REFUSED)
def test_an_id_token_that_is_not_right_is_refused(site: Site, idp: IdentityProvider, twist: str) -> None:
    """With one sentence, and nothing is stored."""
    idp.twist = REFUSED[twist](idp)
    browser = site.browser()

    answer = signed_in(browser)

    assert answer.status_code == 403
    assert not is_in(browser)
    with site.storage.reading() as work:
        assert tuple(work.audit.entries("administrator")) == ()


def test_an_issuer_that_the_settings_do_not_name_is_refused(rows: Storage, idp: IdentityProvider) -> None:
    """Also where the provider's own description names it: a provider of many institutions is each of them."""
    site = Site(rows, provider=provider_of(idp))
    configuration = requests.get(f"{idp.url}/.well-known/openid-configuration", timeout=10).json()
    other = "https://another.example.org"
    idp.plan(lambda asked: asked.path.startswith("/.well-known"), Reply(configuration | {"issuer": other}))
    idp.twist = Twist({"iss": other})

    assert signed_in(site.browser()).status_code == 403


def test_a_state_of_another_browser_is_refused(site: Site) -> None:
    """What somebody else began signs nobody in here."""
    stolen = sent(site.browser())
    browser = site.browser()

    assert browser.get(stolen).status_code == 403
    assert not is_in(browser)


def test_a_way_back_is_good_once(site: Site) -> None:
    """The state is spent, and the code too."""
    browser = site.browser()
    back = sent(browser)
    browser.get(back)

    assert browser.get(back).status_code == 403


def test_what_the_provider_refuses_is_told(site: Site) -> None:
    """Its error comes back in place of a code."""
    browser = site.browser()
    state = dict(parse_qsl(urlsplit(sent(browser)).query))["state"]

    assert browser.get(f"/admin/oidc/back?error=access_denied&state={state}").status_code == 403


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
def test_a_provider_that_is_down_is_a_page_not_a_fault(site: Site, idp: IdentityProvider, path: str) -> None:
    """Whichever of its addresses does not answer."""
    idp.plan(lambda asked: asked.path == path, *[Reply({"error": "down"}, status=503)] * 3)
    browser = site.browser()

    asked = browser.get("/admin/oidc")
    if asked.status_code == 302:
        back = requests.get(asked.location, allow_redirects=False, timeout=10).headers["Location"]
        asked = browser.get(back.removeprefix(PUBLIC_URL))

    assert asked.status_code == 403
    assert not is_in(browser)


def test_without_a_provider_there_is_no_such_address(rows: Storage) -> None:
    """Links from the command line are the only way in."""
    browser = Site(rows).browser()

    assert browser.get("/admin/oidc").status_code == 404
    assert browser.get("/admin/oidc/back").status_code == 404
    assert "/admin/oidc" not in browser.get("/admin/sign-in").text
