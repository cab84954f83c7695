"""What the rule of a course gives as its reason: kept as an English sentence, and read back for other languages."""

from __future__ import annotations

import re

from mappings.said import Said, say
from plugin.storage.cases import Remedy
from plugin.storage.profiles import Rule

_SENTENCES = {
    Remedy.SUPERSEDE: "After a change the rule of this course replaces a credential by a corrected one.",
    Remedy.KEEP: "After a change the rule of this course leaves credentials as they were issued.",
}
_SIGNED_SENTENCES = {
    Remedy.SUPERSEDE: (
        "After a change the rule of this course, set by %(who)s on %(day)s, replaces a credential by a corrected one."
    ),
    Remedy.KEEP: (
        "After a change the rule of this course, set by %(who)s on %(day)s, leaves credentials as they were issued."
    ),
}


def reason_of(rule: Rule) -> Said:
    """Say what decided, who set it and when: the learner reads this, and so does whoever asks years later."""
    remedy = Remedy(rule.correction)
    if rule.set_by and rule.set_at:
        return say(_SIGNED_SENTENCES[remedy], who=rule.set_by, day=rule.set_at)
    return say(_SENTENCES[remedy])


def read_back(reason: str) -> Said | None:
    """Return a kept reason as the sentence that it was made as; None for the words of a person."""
    for text in (*_SENTENCES.values(), *_SIGNED_SENTENCES.values()):
        pattern = re.escape(text).replace(r"%\(who\)s", "(?P<who>.+)").replace(r"%\(day\)s", "(?P<day>.+)")
        if found := re.fullmatch(pattern, reason):
            return say(text, **found.groupdict())
    return None
