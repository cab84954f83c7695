"""Where a launch arrives when no other page is its own: who the bridge takes the visitor for, in which course."""

from __future__ import annotations

from flask import Blueprint, render_template

from plugin.web.launching import held_launch

blueprint = Blueprint("arrival", __name__)


@blueprint.get("/here/<launch_id>")
def arrive(launch_id: str) -> str:
    """Show course and role."""
    return render_template("lti/arrival.html", launch=held_launch(launch_id))
