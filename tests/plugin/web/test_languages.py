"""The catalogues: complete, current, with the same placeholders, and compiled as they are committed."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from plugin.web.languages import LANGUAGES, TRANSLATIONS
from tests.conftest import ROOT
from tests.plugin.web.site import Site

TRANSLATED = sorted(set(LANGUAGES) - {"en"})
"""English is the language of the sources."""
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def sources() -> dict[str, tuple[str, ...]]:
    """Every text of the sources and templates by its id, plural forms after the singular."""
    method = [("**.py", "plugin.web.collecting:texts"), ("**.html", "jinja2")]
    keywords = {**DEFAULT_KEYWORDS, "lazy_gettext": None}
    folders = [ROOT / name for name in ("plugin", "lti", "mappings")]
    found = [
        each
        for folder in folders
        for each in extract_from_dir(str(folder), method, keywords=keywords, strip_comment_tags=True)
    ]
    texts = [text if isinstance(text, tuple) else (text,) for _, _, text, _, _ in found]
    return {text[0]: tuple(text) for text in texts}


def catalogue(language: str) -> Catalog:
    """The catalogue as people edit it."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def strings(message: Message) -> tuple[str, ...]:
    """The translation, singular and plural."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_nothing_else(language: str) -> None:
    """A page is never half in one language, and the catalogue carries no dead text."""
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue(language)
        if message.id and all(strings(message)) and not message.fuzzy
    }

    assert set(sources()) - known == set()
    assert known - set(sources()) == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_the_same(language: str) -> None:
    """A forgotten placeholder hides a value, an invented one breaks the page."""
    wrong = []
    for message in catalogue(language):
        if message.id:
            original = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            allowed = set(PLACEHOLDER.findall(" ".join(original)))
            wrong += [each for each in strings(message) if not set(PLACEHOLDER.findall(each)) <= allowed]
            wrong += [message.id for each in strings(message)[-1:] if set(PLACEHOLDER.findall(each)) != allowed]

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_its_source(language: str) -> None:
    """Nothing is compiled where the bridge is installed, so what is committed must be current."""
    folder = TRANSLATIONS / language / "LC_MESSAGES"
    fresh = io.BytesIO()
    write_mo(fresh, catalogue(language))
    fresh.seek(0)

    with (folder / "messages.mo").open("rb") as file:
        committed = {str(message.id): message.string for message in read_mo(file) if message.id}

    assert committed == {str(message.id): message.string for message in read_mo(fresh) if message.id}


def test_the_browser_s_language_is_used(site: Site) -> None:
    """Nobody has to choose what the browser already says."""
    page = site.browser().get("/verify", headers={"Accept-Language": "nl-BE,nl;q=0.9,en;q=0.5"}).text

    assert '<html lang="nl" dir="ltr">' in page
    assert "Een bewijs controleren" in page


def test_a_choice_beats_the_browser_and_goes_back_only_to_us(site: Site) -> None:
    """An address of somebody else in the form leads nowhere."""
    browser = site.browser()

    answer = browser.post("/language", {"language": "nl", "back": "//evil.example/"}, page="/verify")

    assert answer.headers["Location"] == "/verify"
    assert '<html lang="nl"' in browser.get("/verify").text
