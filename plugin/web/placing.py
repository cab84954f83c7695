"""Placing the bridge in a course: the one question of deep linking, and the form that carries the answer back."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from lti.deep_linking import place
from lti.messages import ContentItem
from lti.tool_keys import ensure_key, signing_key
from plugin.web import security
from plugin.web.languages import gettext
from plugin.web.launching import held_launch, tools

blueprint = Blueprint("placing", __name__)
_LONGEST = 200


@blueprint.get("/lti/place/<launch_id>")
def choose(launch_id: str) -> str:
    """Ask what the link in the course shall be called."""
    return render_template("lti/place.html", launch=held_launch(launch_id))


@blueprint.post("/lti/place/<launch_id>")
def send(launch_id: str) -> str:
    """Carry the link to the platform."""
    launch = held_launch(launch_id)
    title = request.form.get("title", "").strip()[:_LONGEST] or gettext("Micro-credential")
    item = ContentItem(title, tools().reception.launch_url, gettext("Your micro-credential for this course"))
    now = tools().clock()
    answer = place(launch, (item,), signing_key(ensure_key(tools().tool_keys, now), now), now)
    security.allow_form_target(answer.origin)
    return render_template("lti/placed.html", answer=answer)
