"""The map of personal data: every table, whose data is in it, where it comes from, what for, and how long it stays.

A test compares it with the tables both ways, so a new table cannot be forgotten. :func:`assessment` draws up what a
data protection impact assessment (GDPR Art. 35) needs to know of this installation; judging is the institution's part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from plugin.privacy import SURVIVES
from plugin.settings import Settings

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Kept:
    """What one table holds. ``about`` is :data:`NOBODY` where there is nothing personal in it."""

    about: str
    what: str
    source: str = ""
    purpose: str = ""
    until: str = ""


_SEALED = "for as long as the institution keeps the copy; erased on request"
_ERASED = "until the person is erased"
TABLES: dict[str, Kept] = {
    "launches": Kept(
        "learners, teachers",
        "name, e-mail address, role and time of each launch",
        "the LMS (LTI launch)",
        "a launch counts once; who did something",
        "MICROCRED_RETAIN_LAUNCHES_DAYS",
    ),
    "assessments": Kept(
        "learners",
        "name, student number, grades, completion, competencies, how exams were sat",
        "the LMS (web services)",
        "deciding whether a credential is earned (M1, M6, M9, O2, O3)",
        "MICROCRED_RETAIN_EVIDENCE_DAYS after the course was read last",
    ),
    "session_records": Kept(
        "learners",
        "that a sitting was supervised, how identity was checked, whether something was flagged; no image, no score",
        "the proctoring service or a teacher's CSV",
        "stating supervision and identity verification (O2)",
        "MICROCRED_RETAIN_EVIDENCE_DAYS, with the grades",
    ),
    "awards": Kept("learners", "the decision and its reasons", "the bridge", "one credential per achievement", _ERASED),
    "credentials": Kept(
        "learners", "what the credential says, its number and status", "the bridge", "issuing and revoking", _SEALED
    ),
    "documents": Kept("learners", "the sealed credential", "the bridge", "giving it to its holder again", _SEALED),
    "cases": Kept("learners", "changes after sealing and what was decided", "the LMS, staff", "correcting", _ERASED),
    "objections": Kept("learners", "what a learner objected to, and the answer", "the learner", "being heard", _ERASED),
    "hand_overs": Kept("learners", "that a notice was sent, and how", "the bridge", "telling once", _ERASED),
    "deliveries": Kept("learners", "the same, of releases before", "the bridge", "telling once", _ERASED),
    "contacts": Kept("learners", "encrypted e-mail address, language, muted or not", "the LMS", "telling", _ERASED),
    "shares": Kept("learners", "share links and how often they were opened", "the learner", "showing", _ERASED),
    "recovery_links": Kept("learners", "digests of recovery links", "the learner", "access after leaving", _ERASED),
    "recovery_requests": Kept(
        "who asked for a link by mail",
        "a keyed mark of the address, the language, the time",
        "the person",
        "mailing the link once, and not too often",
        "30 days",
    ),
    "mailed_links": Kept("learners", "digests of links that were mailed", "the learner", "the same", "over: 30 days"),
    "known_people": Kept("learners", "two ids of the same person at the LMS", "the LMS", "reading the right person"),
    "person_marks": Kept(
        "learners",
        "digests of student number, name with address, and submissions",
        "the LMS",
        "noticing that two accounts are one person's",
        _ERASED,
    ),
    "person_cases": Kept("learners", "which two ids seem or are one person", "the LMS, staff", "the same", _ERASED),
    "person_ids": Kept("learners", "ids of one person that were joined", "staff", "one credential each", _ERASED),
    "erasures": Kept("erased people", "a salted digest", "the bridge", "not awarding the same again", "for ever"),
    "audit": Kept("staff", "who decided what, when and why", "staff, the bridge", "accountability", "for ever"),
    "drafts": Kept("teachers", "who saved a draft", "teachers", "setting a credential up", "until it is enabled"),
    "outbox": Kept(NOBODY, "work by row id"),
    "platforms": Kept(NOBODY, "addresses and encrypted tokens"),
    "issuers": Kept(NOBODY, "the institution's profile"),
    "profiles": Kept(
        "teachers", "credentials of courses, and who declared supervision", "teachers", "issuing", "for ever"
    ),
    "offers": Kept(NOBODY, "which course awards which credential"),
    "status_lists": Kept(NOBODY, "which list takes new places"),
    "paces": Kept(NOBODY, "when the next notice may go out"),
    "breakers": Kept(NOBODY, "whether the seal is failing"),
    "hints": Kept(NOBODY, "ids of events that were received"),
    "marks": Kept(NOBODY, "facts about the installation"),
    "audit_head": Kept(NOBODY, "the end of the audit trail"),
    "registrations": Kept(NOBODY, "connected platforms"),
    "deployments": Kept(NOBODY, "where a platform uses the tool"),
    "invites": Kept(NOBODY, "digests of invitations"),
    "administrator_links": Kept(
        "administrators",
        "for whom a link was made",
        "the command line",
        "letting administrators in",
        "spent or over: 30 days",
    ),
    "administrator_sessions": Kept(
        "administrators",
        "who signed in, how, and when last seen",
        "the sign-in",
        "ending sign-ins one by one",
        "30 days after it was last used",
    ),
    "tool_keys": Kept(NOBODY, "encrypted keys of the tool"),
    "class_readings": Kept(NOBODY, "progress of a dry run"),
    "intake_secrets": Kept(NOBODY, "encrypted secrets of proctoring services"),
    "course_services": Kept(NOBODY, "LTI addresses of a course"),
    "access_tokens": Kept(NOBODY, "encrypted access tokens"),
    "authorizations": Kept(NOBODY, "authorisations that were begun"),
    "pulses": Kept(NOBODY, "which processes live"),
}


def assessment(settings: Settings, platforms: tuple[str, ...]) -> str:
    """Return the draft of an impact assessment for this installation, as Markdown."""
    return "\n".join([*_head(settings), *_map(), "", *_recipients(settings, platforms), *_rights(settings)]) + "\n"


def _head(settings: Settings) -> Iterator[str]:
    yield "# Data protection impact assessment (draft)"
    yield ""
    yield f"Installation: {settings.public_url}. Drawn up from its running configuration; what only the institution can"
    yield "say is marked with ____."
    yield ""
    yield "- Controller: ____ (the institution; self-hosted, so no processor of the software sees anything)"
    yield "- Data protection officer consulted on: ____"
    yield "- Legal basis: ____"
    yield ""
    yield "## What is kept"
    yield ""
    yield "| Table | About | What | From | For | Until |"
    yield "|---|---|---|---|---|---|"


def _map() -> Iterator[str]:
    for name, kept in TABLES.items():
        if kept.about != NOBODY:
            until = kept.until or "until the person is erased"
            yield f"| `{name}` | {kept.about} | {kept.what} | {kept.source} | {kept.purpose} | {until} |"


def _recipients(settings: Settings, platforms: tuple[str, ...]) -> Iterator[str]:
    yield "## Who else receives something"
    yield ""
    if settings.mail_host:
        yield f"- Mail server: {settings.mail_host}. It receives addresses, titles, reasons of corrections,"
        yield "  and links that open a learner's page once within an hour."
    yield f"- Learning platforms that are read: {', '.join(platforms) or 'none yet'}. They learn that they were asked."
    authority = urlsplit(settings.timestamp_url).hostname
    yield f"- Timestamp authority: {authority or 'none'}. It receives a hash, nothing readable."
    yield "- Whoever a learner gives a credential or a share link to. Status lists tell nothing about single people."
    yield ""


def _rights(settings: Settings) -> Iterator[str]:
    yield "## How rights are kept"
    yield ""
    yield "- Automated decisions (Art. 22): a flag or a missing element goes to a person; nothing refuses by itself."
    yield "- Access and portability (Art. 15, 20): the learner's page, or `microcred person export`."
    yield "- Erasure (Art. 17): `microcred person erase`. What survives, and why:"
    yield from (f"  - {each};" for each in SURVIVES)
    yield f"- Retention: launches {settings.retain_launches_days} days, evidence {settings.retain_evidence_days} days"
    yield f"  after its course was read last, journal {settings.journal_days} days; `microcred retention` tells."
    yield ""
    yield "## Risks and what is done about them"
    yield ""
    yield "| Risk | What is done | Left over |"
    yield "|---|---|---|"
    yield "| a credential says more than was proven | the weakest that holds; unknown is unsupervised | ____ |"
    yield "| somebody reads another's data | access by platform, course and person on every address | ____ |"
    yield "| a share link is passed on | it ends, can be closed, and counts looks without telling who | ____ |"
    yield "| proctoring data leak | no image, video or score is taken in | ____ |"
    yield "| a wrong credential is out | corrections supersede or revoke, visible to everybody who checks | ____ |"
