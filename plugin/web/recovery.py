"""``/recover``: coming back without an account at the platform, by a link that was printed, or by one that is mailed.

Asking for a mail is answered by the same sentence whoever asks for whichever address, so that nobody learns who is
known here. Following a link changes nothing, because scanners of mail do; the button on its page opens.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response as Answer

from mappings.profile import Issuer
from plugin import sharing
from plugin.sharing import SharingTools
from plugin.web import visits
from plugin.web.languages import current
from plugin.web.limits import PUBLIC, RECOVERY, limiter
from plugin.web.schemas import FormSchema, read_form
from plugin.web.tools import tools

blueprint = Blueprint("recovery", __name__)
_LONGEST = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3)."""


class AddressForm(FormSchema):
    """An address, checked for no more than a slip: whether it exists, only mail can tell."""

    address = fields.String(
        required=True, validate=[validate.Length(max=_LONGEST), validate.Regexp(r"\s*[^@\s]+@[^@\s]+\s*\Z")]
    )


@blueprint.get("/recover")
@limiter.limit(PUBLIC)
def ask() -> str:
    """Show the form, or what helps instead where no mail can be sent."""
    return _page()


@blueprint.post("/recover")
@limiter.limit(RECOVERY)
def send() -> str | tuple[str, int]:
    """Take a request; the answer is the same whether anybody is reached at the address or not."""
    ask_for_link = tools().ask_for_link
    form = read_form(AddressForm)
    if ask_for_link is None:
        return _page()
    if form is None:
        return _page(wrong=True), 422
    ask_for_link(form["address"].strip(), current())
    tools().ring()
    return _page(asked=True)


@blueprint.get("/recover/<token>")
@limiter.limit(RECOVERY)
def arrive(token: str) -> str:
    """Show a button: scanners of mail follow links, so following one opens nothing yet."""
    return render_template("learner/recover.html", token=token)


@blueprint.post("/recover/<token>")
@limiter.limit(RECOVERY)
def enter(token: str) -> Answer | tuple[str, int]:
    """Open what the link opens; a mailed one is spent by that."""
    holder = sharing.recover(SharingTools(tools().storage, tools().clock), token)
    if holder is None:
        return render_template("learner/recover.html", over=True), 404
    visits.remember_holder(holder)
    return redirect(url_for("learner.mine", key=visits.KEPT), code=303)


def _page(*, asked: bool = False, wrong: bool = False) -> str:
    mails = tools().ask_for_link is not None
    return render_template(
        "public/recover.html", mails=mails, asked=asked, wrong=wrong, longest=_LONGEST, institution=_institution()
    )


def _institution() -> Issuer | None:
    """Return whom to ask: the institution whose profile was stated last."""
    with tools().storage.reading() as work:
        return next(iter(work.drafts.institutions()), None)
