"""Credential texts in the languages that the teacher filled, from the profile to every format and page; in no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mappings.assessment import LearnerId
from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from mappings.profile import CourseProfile
from mappings.text import Text
from plugin import sharing
from plugin.sharing import SharingTools
from plugin.storage.sharing import Holder
from tests import factories
from tests.plugin.web.site import Site
from tests.plugin.web.stock import PLATFORM, an_offer, sealed_credential

OF_OTHERS = {"prefLabel", "accreditation", "legalName", "location"}
"""Words of EU lists, and what the institution states in its own languages."""
FILLED = [("en", "nl"), ("nl",), ("de",), ("nl", "fr")]


def filled(languages: tuple[str, ...]) -> CourseProfile:
    """The profile of the recorded course, each text in exactly these languages."""

    def text(words: str) -> Text:
        return Text.of({language: f"{words} ({language})" for language in languages})

    profile = factories.profile(title=text("Title"), prerequisites=text("Before"), further_information=text("More"))
    return replace(
        profile,
        outcomes=tuple(replace(each, title=text(f"Outcome {each.id}")) for each in profile.outcomes),
        assessments=tuple(replace(each, title=text(f"Exam {each.activity}")) for each in profile.assessments),
    )


def told(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every text of a European Digital Credential with its language."""
    if isinstance(document, list):
        for each in document:
            yield from told(each, path)
    elif isinstance(document, dict) and document and all(len(name) == 2 for name in document):
        yield from ((language, str(said)) for language, said in document.items() if not OF_OTHERS & {*path})
    elif isinstance(document, dict):
        for name, each in document.items():
            yield from told(each, (*path, name))


@pytest.mark.parametrize("languages", FILLED)
def test_texts_are_in_the_languages_that_were_filled_and_in_no_other(site: Site, languages: tuple[str, ...]) -> None:
    """The sealed file and its display, the badge, and the shared page of a visitor who reads English."""
    issued = sealed_credential(site.storage, an_offer(site.storage), profile=filled(languages))
    sealed = json.loads(render(Format.ELM, issued.credential, issued.envelope).body)
    badge = render(Format.OPEN_BADGES, issued.credential, issued.envelope).body.decode()
    token = sharing.share(
        SharingTools(site.storage, lambda: site.now), Holder(PLATFORM, LearnerId("4")), issued.envelope.id, 30
    )
    page = site.browser().get(f"/c/{token}", headers={"Accept-Language": "en"}).text
    texts = list(told(sealed))

    assert issued.credential.languages == languages
    assert {language for language, _ in texts} == {*languages}
    assert all(f"({language})" in said for language, said in texts if said.startswith(("Title", "Outcome", "Exam")))
    assert [" points" in said for _, said in texts] == [False] * len(texts)
    assert len(sealed["displayParameter"]["individualDisplay"]) == len(languages)
    assert {each for each in ("(en)", "(nl)", "(de)", "(fr)") if each in badge} == {f"({languages[0]})"}
    assert f"Title ({'en' if 'en' in languages else languages[0]})" in page
