"""Notices in words: from the catalogues, in the language of the person, else of the credential.

A letter says what happened, where the credential is and how to object; it holds no grade, no name and no credential.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from babel.support import NullTranslations, Translations

from lti.platforms.messaging import Line, Message
from plugin.notices import Facts, Letter, MailedLink, NoticeKind
from plugin.rule_reasons import read_back
from plugin.web.languages import LANGUAGES, TRANSLATIONS


def write(facts: Facts) -> Letter:
    """Return the notice in the best language that the catalogues have."""
    language = language_of(facts.languages)
    gettext = catalogue(language).gettext
    said = {"title": facts.title.in_language(language), "issuer": facts.issuer.in_language(language)}
    said["course"] = facts.course_title or said["title"]
    subjects = {
        NoticeKind.READY: gettext("Your micro-credential “%(title)s” is ready"),
        NoticeKind.REPLACED: gettext("Your micro-credential “%(title)s” was corrected"),
        NoticeKind.REVOKED: gettext("Your micro-credential “%(title)s” was revoked"),
    }
    lines = (*_happened(facts, language), *_where(facts, language))
    filled = tuple(Line(line.text % said, line.url) for line in lines)
    mute = gettext("No more messages when a credential is ready; you are still told when one is corrected or revoked:")
    return Letter(Message(subjects[facts.kind] % said, filled), language, mute)


def write_recovery(links: tuple[MailedLink, ...], language: str) -> Letter:
    """Return the mail with the links that somebody asked for on a page in ``language``."""
    language = language_of((language,))
    gettext = catalogue(language).gettext
    lines = (
        Line(
            gettext("Somebody, probably you, asked for a link to the micro-credentials that are kept for this address.")
        ),
        *(Line(_opens(each, language, alone=len(links) == 1), each.url) for each in links),
        Line(gettext("It works once and for an hour. It then stays open in that browser until you close it.")),
        Line(gettext("Did you not ask for it? Then do nothing: without this mail nobody gets in.")),
    )
    return Letter(Message(gettext("Your link to your micro-credentials"), lines), language, "")


def _opens(link: MailedLink, language: str, *, alone: bool) -> str:
    """Say what a link opens; people who share an address tell theirs by the title of a credential."""
    gettext = catalogue(language).gettext
    if alone or link.title is None:
        return gettext("Open your micro-credentials:")
    return gettext("Open the page with “%(title)s”:") % {"title": link.title.in_language(language)}


def language_of(wished: tuple[str, ...]) -> str:
    """Return the first wish that there is a catalogue for, else English."""
    primary = (tag.replace("_", "-").partition("-")[0].lower() for tag in wished)
    return next((tag for tag in primary if tag in LANGUAGES), "en")


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the texts of one language; for English the ones of the sources."""
    return Translations.load(str(TRANSLATIONS), [language])


def _happened(facts: Facts, language: str) -> Iterator[Line]:
    gettext = catalogue(language).gettext
    if facts.kind is NoticeKind.READY:
        yield Line(
            gettext("%(issuer)s has issued the micro-credential “%(title)s” to you, for the course “%(course)s”.")
        )
    elif facts.kind is NoticeKind.REPLACED:
        yield Line(
            gettext(
                "%(issuer)s has issued a corrected micro-credential “%(title)s” to you. It takes the place of the one "
                "before: whoever checks the earlier file reads that it was replaced."
            )
        )
    else:
        yield Line(
            gettext(
                "%(issuer)s has revoked your micro-credential “%(title)s”. You keep the file, but whoever checks it "
                "reads that it was revoked."
            )
        )
    if facts.reason:
        yield Line(gettext("The reason given:") + " " + _reason(facts.reason, language).replace("%", "%%"))


def _reason(kept: str, language: str) -> str:
    """Return a person's own words; what a rule of the course gave in the language of the letter."""
    ruled = read_back(kept)
    return kept if ruled is None else catalogue(language).gettext(ruled.text) % ruled.values


def _where(facts: Facts, language: str) -> Iterator[Line]:
    gettext = catalogue(language).gettext
    if facts.course_url:
        yield Line(gettext("You find it in the course, at “Microcredential Bridge”:"), facts.course_url)
    if facts.recovery_url:
        yield Line(gettext("Without an account at the platform, by a link that is mailed to you:"), facts.recovery_url)
    yield Line(
        gettext("Is something wrong? Use “Object” on your page; a person of the course looks at it and answers.")
    )
