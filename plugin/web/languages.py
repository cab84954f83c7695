"""The language of a page: the visitor's choice, else the launch's, else the browser's, else English.

Texts are in English in the sources; ``translations/<language>`` holds the other languages, compiled, so that
nothing needs compiling where the bridge is installed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from flask import Blueprint, Flask, g, redirect, request, session, url_for
from flask_babel import Babel, LazyString, format_date, format_datetime, format_decimal, get_locale
from flask_babel import gettext as _translated
from flask_babel import lazy_gettext as _translated_later
from flask_babel import ngettext as _counted
from werkzeug.wrappers import Response

from mappings.said import Said
from mappings.text import Text
from plugin.web.limits import PUBLIC, limiter
from plugin.web.wording import clause, typed

LANGUAGES = {"en": "English", "nl": "Nederlands"}
"""Complete languages by their own name."""
TRANSLATIONS = Path(__file__).parent / "translations"
_CHOICE = "language"
_DAY = "d MMMM y"
"""Day before month in every language so far; the long form of plain ``en`` would be the American one."""
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

blueprint = Blueprint("languages", __name__)


def init_app(app: Flask) -> None:
    """Give ``app`` its languages, and templates what they say and write values with."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=choose)
    app.context_processor(_for_templates)
    app.jinja_env.globals.update(day=day, moment=minute, number=number, said=said)
    app.jinja_env.filters.update(typed=typed, clause=clause)
    app.register_blueprint(blueprint)


def choose() -> str:
    """Return the language of the answer under way."""
    for wished in (session.get(_CHOICE, ""), g.get("launch_locale", "")):
        if (primary := _primary(wished)) in LANGUAGES:
            return primary
    return request.accept_languages.best_match(LANGUAGES, "en")


def gettext(text: str, **values: object) -> str:
    """Return ``text`` in the language of the answer, with ``%(name)s`` filled in."""
    return str(_translated(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form for ``num`` in the language of the answer, with ``%(num)s`` and the values filled in."""
    return str(_counted(one, many, num, **values))


def lazy_gettext(text: str) -> LazyString:
    """Return a text that finds its language when it is shown: for tables that are built at import."""
    return _translated_later(text)


def said(sentence: str) -> str:
    """Return a sentence of a module that knows no catalogue in the language of the answer."""
    if current() == "en" or not sentence:
        return str(sentence)
    if not isinstance(sentence, Said):
        return gettext(sentence)
    return gettext(sentence.text, **{name: _filled_in(value) for name, value in sentence.values.items()})


def _filled_in(value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(str(_filled_in(each)) for each in value)
    if isinstance(value, Text):
        return value.in_language(current())
    if isinstance(value, date):
        return day(value)
    return said(value) if isinstance(value, Said) else value


def current() -> str:
    """Return the language tag that this answer is in."""
    return str(get_locale() or "en")


def day(moment: date | str | None) -> str:
    """Return a day as people write it in the language of the answer; an ISO 8601 text as well as a date."""
    try:
        said = date.fromisoformat(moment[:10]) if isinstance(moment, str) else moment
    except ValueError:
        return str(moment)
    return str(format_date(said, _DAY, rebase=False)) if said else ""


def minute(moment: datetime) -> str:
    """Return a day and a time of it (UTC), as people write them in the language of the answer."""
    return f"{format_datetime(moment, f'{_DAY} HH:mm', rebase=False)} UTC"


def number(text: str) -> str:
    """Return a decimal number with the language's own comma or point; other text as it is."""
    try:
        return str(format_decimal(Decimal(text)))
    except InvalidOperation:
        return text


def direction(language: str) -> str:
    """Return the writing direction of ``language``, as HTML names it."""
    return "rtl" if _primary(language) in _RIGHT_TO_LEFT else "ltr"


@blueprint.post("/language")
@limiter.limit(PUBLIC)
def set_language() -> Response:
    """Keep the choice and go back to where it was made; only a path of ours is gone back to."""
    if (wished := request.form.get("language", "")) in LANGUAGES:
        session[_CHOICE] = wished
    back = request.form.get("back", "")
    ours = back.startswith("/") and not back.startswith("//") and "\\" not in back and "\n" not in back
    return redirect(back if ours else url_for("verify.ask"), code=303)


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()


def _for_templates() -> dict[str, object]:
    language = current()
    return {
        "locale": language,
        "direction": direction(language),
        "languages": LANGUAGES,
        "site_name": gettext("Microcredential Bridge"),
    }
