"""What stands in the audit trail and in the list of keys, in the visitor's language.

An act is kept as a code, which is shown beside its words. What was typed by a person, and what an act
carried along (numbers, file names), stays as it was kept.
"""

from __future__ import annotations

from plugin.storage.audit import Entry
from plugin.web.languages import lazy_gettext
from plugin.web.reasons import STATES

KEYS = {
    "seal": lazy_gettext("seal"),
    "credentials": lazy_gettext("credentials"),
    "planned": lazy_gettext("published, does not sign yet"),
    "active": lazy_gettext("signs now"),
    "verify-only": lazy_gettext("signs no more; what it signed stays valid"),
    "compromised": lazy_gettext("in wrong hands"),
}
"""What a key is for, and what it is now."""
ACTS = {
    "adopt": lazy_gettext("taken over"),
    "allow": lazy_gettext("deployment allowed"),
    "announce_seal": lazy_gettext("seal announced"),
    "authorisation_ticket": lazy_gettext("link for authorising made"),
    "authorize_reading": lazy_gettext("reading authorised"),
    "backup": lazy_gettext("backup made"),
    "case:keep": lazy_gettext("correction decided: kept as it is"),
    "case:revoke": lazy_gettext("correction decided: revoked"),
    "case:supersede": lazy_gettext("correction decided: replaced"),
    "connect_platform": lazy_gettext("platform connected"),
    "correction": lazy_gettext("rule for corrections changed"),
    "delete": lazy_gettext("deleted after its time"),
    "enable": lazy_gettext("credential enabled"),
    "end": lazy_gettext("sign-in ended"),
    "erase": lazy_gettext("person erased"),
    "expect_push": lazy_gettext("secret for events made"),
    "export": lazy_gettext("personal data exported"),
    "invite": lazy_gettext("invitation made"),
    "keep_developer_key": lazy_gettext("developer key kept"),
    "link": lazy_gettext("sign-in link made"),
    "mail-link": lazy_gettext("link mailed to a learner"),
    "make_intake_secret": lazy_gettext("secret for session records made"),
    "mark_compromised": lazy_gettext("key marked as stolen"),
    "migrate": lazy_gettext("database brought up to date"),
    "migrate_after": lazy_gettext("database cleared of what is not needed any more"),
    "move": lazy_gettext("award changed its state"),
    "notices": lazy_gettext("rule for messages changed"),
    "object": lazy_gettext("objection made"),
    "open": lazy_gettext("award begun"),
    "open_case": lazy_gettext("change noticed"),
    "pause": lazy_gettext("credential paused"),
    "person:apart": lazy_gettext("decided: two people"),
    "person:same": lazy_gettext("decided: one person"),
    "readdress": lazy_gettext("award read under another account"),
    "reconcile": lazy_gettext("compared after a restore"),
    "recover": lazy_gettext("recovery link opened"),
    "recovery-link": lazy_gettext("recovery link made"),
    "register": lazy_gettext("platform registered"),
    "rehearse": lazy_gettext("restore tried"),
    "remove_secrets": lazy_gettext("older secret keys removed"),
    "resume": lazy_gettext("pause ended"),
    "retry": lazy_gettext("work tried again"),
    "rotate_key": lazy_gettext("new key made"),
    "rotate_lti_key": lazy_gettext("new key made"),
    "rotate_secrets": lazy_gettext("data encrypted anew"),
    "ruling:refused": lazy_gettext("award refused"),
    "ruling:released": lazy_gettext("award approved"),
    "session_records": lazy_gettext("session records received"),
    "set_up": lazy_gettext("bridge set up"),
    "share": lazy_gettext("share link made"),
    "sign-in": lazy_gettext("signed in"),
    "sign-out": lazy_gettext("signed out"),
    "sign_out": lazy_gettext("sessions of a person ended"),
    "state_institution": lazy_gettext("institution profile kept"),
    "stop": lazy_gettext("deployment stopped"),
    "unshare": lazy_gettext("share link ended"),
}


def act(entry: Entry) -> str:
    """Return what was done, in words; a code that is not known here as it is."""
    return str(ACTS.get(entry.act, entry.act))


def state(kept: str) -> str:
    """Return a state of an award in words; whatever else was kept before or after an act as it is."""
    return str({each.value: words for each, words in STATES.items()}.get(kept, kept))
