"""After enabling: one list with everybody's state and reason, and what only a person decides."""

from __future__ import annotations

from flask import Blueprint

from plugin.web import teacher_setup, visits

blueprint = Blueprint("teacher", __name__)


@blueprint.get("/teach/<launch_id>")
def home(launch_id: str) -> str:
    """Show the form to enable a credential."""
    visits.teacher(launch_id)
    return teacher_setup.setup(launch_id)
