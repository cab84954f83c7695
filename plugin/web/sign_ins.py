"""Who is signed in as an administrator, and by which links somebody may still come in; each can be ended."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from plugin import signing_in
from plugin.web.administrators import administrator, door, sign_in_of_now
from plugin.web.languages import gettext

blueprint = Blueprint("sign_ins", __name__, url_prefix="/admin/sign-ins")


def init_app(app: Flask) -> None:
    """Register the pages; they work with what :mod:`plugin.web.administrators` was given."""
    app.register_blueprint(blueprint)


@blueprint.before_request
def require_administrator() -> None:
    """Let administrators in."""
    administrator()


@blueprint.get("/")
def opened() -> str:
    """Show every open sign-in and every link that was not used yet."""
    sessions, links = signing_in.opened(door().storage, door().clock())
    return render_template("admin/sign_ins.html", sessions=sessions, links=links, own=sign_in_of_now())


@blueprint.post("/<which>")
def end(which: str) -> Answer:
    """End a sign-in, or withdraw a link."""
    whose = signing_in.end(door().storage, which, door().clock(), administrator())
    if not whose:
        abort(404)
    flash(gettext("Ended: %(name)s.", name=whose))
    return redirect(url_for("sign_ins.opened"), code=303)


@blueprint.post("/")
def end_all() -> Answer:
    """End every sign-in, this one too, and withdraw every link."""
    signing_in.end_all(door().storage, door().clock(), administrator())
    return redirect(url_for("administrators.sign_in"), code=303)
