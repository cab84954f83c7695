"""Placing a link of ours in a course: the answer to a deep linking request.

LTI Deep Linking 2.0 sections 3 and 4. The message itself is pylti1p3's (:mod:`lti.messages`); the form that carries
it to the platform is a template of the bridge, because the library puts the return address into HTML unescaped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lti.claims import Launch, Message, origin_of
from lti.errors import LaunchRefused
from lti.messages import ContentItem, sign_deep_linking
from lti.refusals import Refusal
from lti.roles import Role
from lti.stores import ToolKey

PLACING = frozenset({Role.TEACHER, Role.ADMINISTRATOR, Role.ASSISTANT, Role.OTHER})
"""Who may place a link. The platform has checked the right; course designers come with a role that we do not know."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A form for the browser to post to the platform: field ``JWT``."""

    return_url: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Where the form goes, for the content policy of the page that carries it."""
        return origin_of(self.return_url)


def place(launch: Launch, items: tuple[ContentItem, ...], key: ToolKey, now: datetime) -> Placement:
    """Answer a deep linking request. Raises :class:`LaunchRefused` where the launch is none or nobody's to place."""
    settings = launch.deep_linking
    if launch.message is not Message.DEEP_LINKING or settings is None or not origin_of(settings.return_url):
        raise LaunchRefused(Refusal.MESSAGE_INCOMPLETE)
    if launch.person.role not in PLACING:
        raise LaunchRefused(Refusal.ROLE_FORBIDDEN)
    chosen = items if settings.accept_multiple else items[:1]
    return Placement(settings.return_url, sign_deep_linking(launch, chosen, key, now))
