"""What the bridge says of itself to platforms, and what it asks for: each wish beside the element that it feeds."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from lti.claims import COURSE_HISTORY, Message


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that the bridge asks a platform for, and the standard element (Annex I) that it feeds."""

    name: str
    feeds: str


ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (
    Wish(
        ROSTER_SCOPE,
        "M1, identification of the learner: who is in the course, and as what",
    ),
    Wish(
        "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
        "M9, type of assessment: the columns that belong to this tool, if any",
    ),
    Wish(
        "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
        "O3, grade achieved: results in those columns",
    ),
)
"""Reading only. A column written by a tool counts in the course total, so no scope to write is asked for."""
CLAIMS = (
    Wish("sub", "M1, identification of the learner: the account, by number"),
    Wish("name", "M1, identification of the learner"),
    Wish("given_name", "M1, identification of the learner"),
    Wish("family_name", "M1, identification of the learner"),
    Wish("email", "Handing the credential over; never used to recognise a person"),
    Wish("locale", "The language of the pages"),
)
VARIABLES = {
    COURSE_HISTORY: "Context.id.history",
    "canvas_user_id": "Canvas.user.id",
    "canvas_course_id": "Canvas.course.id",
    "canvas_api_base_url": "Canvas.api.baseUrl",
    "student_view": "com.instructure.User.student_view",
}
"""Custom parameters by the variable that fills them; asked for where the platform has the variable."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What the bridge says of itself. ``url`` is its public address without a slash at the end."""

    url: str
    name: str = "Microcredential Bridge"
    description: str = "Turns finished courses into sealed European micro-credentials"

    @property
    def launch_url(self) -> str:
        """The one address that launches are posted to."""
        return f"{self.url}/lti/launch"

    @property
    def login_url(self) -> str:
        """Where a platform begins a login."""
        return f"{self.url}/lti/login"

    @property
    def keys_url(self) -> str:
        """The bridge's public key set."""
        return f"{self.url}/lti/jwks"

    @property
    def domain(self) -> str:
        """Host and port; Moodle compares it with that of the target link."""
        return urlsplit(self.url).netloc


def custom_parameters(variables: tuple[str, ...]) -> dict[str, str]:
    """Return the custom parameters to ask for where the platform has these variables."""
    return {name: f"${variable}" for name, variable in VARIABLES.items() if variable in variables}


def canvas_configuration(tool: Tool) -> dict[str, object]:
    """Return the JSON that a Canvas administrator pastes, or points to, to make a developer key by hand."""
    placements = [
        {"placement": "course_navigation", "message_type": Message.RESOURCE_LINK, "target_link_uri": tool.launch_url},
        {"placement": "link_selection", "message_type": Message.DEEP_LINKING, "target_link_uri": tool.launch_url},
    ]
    settings = {"text": tool.name, "placements": [{**each, "text": tool.name} for each in placements]}
    return {
        "title": tool.name,
        "description": tool.description,
        "oidc_initiation_url": tool.login_url,
        "target_link_uri": tool.launch_url,
        "public_jwk_url": tool.keys_url,
        "scopes": [wish.name for wish in SCOPES],
        "extensions": [
            {
                "domain": tool.domain,
                "tool_id": "microcredential-bridge",
                "platform": "canvas.instructure.com",
                "privacy_level": "public",
                "settings": settings,
            }
        ],
        "custom_fields": custom_parameters(tuple(VARIABLES.values())),
    }
