"""Checking a credential on a page: one verdict first, nothing kept, and one sentence for anything hostile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from mappings.documents.envelope import Format
from plugin.examining import Examiner
from plugin.portrait.elm import of_elm
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import seal_key
from plugin.storage.columns import metadata
from plugin.storage.unit_of_work import Storage
from plugin.verification import CheckContext, Report, check
from tests.conftest import require_data
from tests.factories import ISSUED
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.web.site import Site
from tests.plugin.web.stock import an_offer, sealed_credential
from tests.simulators.certificate_authority import NOW, CertificateAuthority
from tests.simulators.credentials import document

PAYLOAD = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def upload(site: Site, data: bytes, name: str = "credential.json") -> TestResponse:
    """Hand in a file, encoded here: the test client would leave its own temporary file open."""
    browser = site.browser()
    fields = {"csrf_token": browser.token("/verify").encode(), f'file"; filename="{name}': data}
    parts = [f'--cut\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n'.encode() + fields[key] for key in fields]
    body = b"\r\n".join([*parts, b"--cut--\r\n"])
    return browser.client.post("/verify", data=body, content_type="multipart/form-data; boundary=cut")


def commission_sample() -> bytes:
    """The European Commission's signed micro-credential of 2023."""
    return require_data("elm/samples/Sample-MC-Annex1-signed.jsonld").read_bytes()


def test_the_bare_host_leads_to_the_check(site: Site) -> None:
    """An employer types what stands on a print, and often no more than its beginning."""
    answer = site.browser().get("/")

    assert (answer.status_code, answer.location) == (302, "/verify")


def test_a_foreign_credential_is_told_verdict_first_and_in_plain_words(site: Site) -> None:
    """The Commission's sample: intact, but it lacks an element; what it says can be read all the same."""
    page = upload(site, commission_sample()).text

    assert (
        page.index("Not valid as a European micro-credential")
        < page.index("What was learned")
        < page.index("Each check")
    )
    assert "EQF level" in page
    assert page.count('<tr><th scope="row">') == 8


def test_what_a_foreign_credential_leaves_out_is_not_stated(site: Site) -> None:
    """The seven questions of an evaluator are all there, and an answer that is missing has no source."""
    page = upload(site, commission_sample()).text
    answers = dict(re.findall(r"<dt>(\d)\..*?</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL))

    assert list(answers) == list("1234567")
    for answer in answers.values():
        assert (
            ("Not stated" in answer and "Source: " not in answer) or "as the sealed" in answer or "Not valid" in answer
        )
    assert any("Not stated" in answer for answer in answers.values())


def test_a_seal_of_a_trusted_authority_is_told_as_that(rows: Storage) -> None:
    """Who issued it and how that is known: the name in the certificate, and that somebody trusted vouches for it."""
    authority = CertificateAuthority()
    seal = authority.seal()
    data = JadesSealer(seal_key(seal.key, [seal.certificate]), None).seal(document(), NOW).body
    trusting = CheckContext(NOW, (authority.certificate,))

    pages = [
        upload(Site(rows, examine=lambda read, to=context: check(read, to)), data).text  # type: ignore[misc]
        for context in (trusting, CheckContext(NOW))
    ]

    assert "Its certificate leads to an authority that is trusted here." in pages[0]
    assert "Whether that is genuine was not confirmed here." not in pages[0]
    assert "Whether that is genuine was not confirmed here." in pages[1]


def test_nothing_of_an_upload_is_kept(site: Site) -> None:
    """No row, no file and no line of a log, whatever comes of the check; as the page promises."""
    folder = Path(str(site.storage.engine.url.database)).parent

    def kept() -> tuple[str, list[str]]:
        with site.storage.read() as connection:
            rows = {table.name: connection.execute(table.select()).all() for table in metadata.sorted_tables}
        return str(rows), sorted(str(path) for path in folder.rglob("*"))

    before = kept()
    with capture_logs() as lines:
        shown = upload(site, commission_sample()).text

    assert "Ana Andromeda" in shown
    assert kept() == before
    assert lines == []


def test_a_print_of_a_check_says_when_it_was_and_where_it_can_be_repeated(site: Site) -> None:
    """Paper in a file of an admissions office is older every day."""
    page = upload(site, commission_sample()).text

    assert f"Checked on 24 November 2026. It can be checked again at {PUBLIC_URL}/verify" in page


def test_a_changed_credential_shows_nothing_of_what_it_says(site: Site) -> None:
    """Where the seal fails, nobody knows who wrote the text: it is not shown."""
    document = json.loads(commission_sample())
    document["payload"] = document["payload"].replace("Pass", "Fail", 1)

    page = upload(site, json.dumps(document).encode()).text

    assert "Not valid:" in page
    assert "What was learned" not in page


def test_a_program_gets_the_report_as_json_without_a_token(site: Site) -> None:
    """No form of a browser can send this content type, so there is no session to protect."""
    answer = site.app.test_client().post(
        "/verify", data=commission_sample(), content_type="application/vc", headers={"Accept": "application/json"}
    )

    assert answer.get_json()["format"] == "elm"
    assert [step["number"] for step in answer.get_json()["steps"]] == list(range(1, 9))


def test_a_form_without_its_token_is_refused(site: Site) -> None:
    """CSRF protects this form like every other."""
    answer = site.app.test_client().post("/verify", data={"text": "{}"})

    assert answer.status_code == 400
    assert "open for too long" in answer.text


def test_nothing_given_is_said_and_linked_to_its_field(site: Site) -> None:
    """The summary leads to the field."""
    answer = site.browser().post("/verify", {"text": "  "})

    assert answer.status_code == 422
    assert '<a href="#file">' in answer.text


HOSTILE = {
    "json bomb": (b'{"a":[' + b'"x",' * 1_249_990 + b'"x"]}', "not a kind of credential"),
    "above the limit": (b'{"a":"' + b"x" * 5_050_000 + b'"}', "larger than any credential"),
    "deep nesting": (b"[" * 100_000 + b"]" * 100_000, "nested deeper"),
    "a million keys": (("{" + ",".join(f'"{n}":1' for n in range(1_000_000)) + "}").encode(), "larger than any"),
    "as many keys as fit": (("[" + ",".join(['{"":1}'] * 700_000) + "]").encode(), "more entries"),
    "repeated key": (b'{"type":"a","type":"b"}', "the same thing twice"),
    "huge number": (b'{"a":' + b"9" * 5_000 + b"}", "a number beyond any use"),
    "image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture carries no credential"),
    "utf-16": ('{"type": "a"}'.encode("utf-16"), "no text in UTF-8"),
    "binary": (bytes(range(256)), "no text in UTF-8"),
    "pdf": (b"%PDF-1.7 nothing", "it is a PDF"),
    "zip": (b"PK\x03\x04 nothing", "a ZIP archive or an office document"),
    "half a document": (b'{"credentialSubject": {', "damaged"),
    "html": (PAYLOAD.encode(), "not a kind of credential"),
    "a check that never ends": (b"run on and on", "did not come to an end"),
}


def plain_check() -> Callable[[bytes], Report]:
    """The check of these tests, in a process of its own; a file that says so keeps it busy for ever."""

    def run(data: bytes) -> Report:
        while data == b"run on and on":
            pass
        return check(data, CheckContext(ISSUED))

    return run


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    """The processes that check uploads, with a limit that a test can wait for."""
    made = Examiner(partial(plain_check), limit=60.0, processes=1)
    yield made
    made.close()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_upload_gets_one_clear_sentence(rows: Storage, examiner: Examiner, kind: str) -> None:
    """No server error, no script, one sentence that says what is wrong; the check is in a process of its own."""
    data, sentence = HOSTILE[kind]

    answer = upload(Site(rows, examine=examiner.check), data)

    assert answer.status_code in {200, 413}
    assert sentence in answer.text
    assert "<script" not in answer.text


def test_a_file_saved_with_a_byte_order_mark_is_read(site: Site) -> None:
    """Editors of Windows put one before the text (RFC 8259, 8.1: it may be ignored); the seal does not cover it."""
    issued = sealed_credential(site.storage, an_offer(site.storage))
    with site.storage.reading() as work:
        sealed = work.credentials.document(issued.envelope.id, Format.ELM)
    assert sealed is not None

    page = upload(site, b"\xef\xbb\xbf" + sealed.body).text

    assert "Practice only" in page
    assert "Anna Kowalska" in page


def test_a_body_above_the_limit_is_refused_before_it_is_read(site: Site) -> None:
    """The announced length is enough to refuse."""
    answer = site.app.test_client().post("/verify", data=b"x" * 6_000_000, content_type="application/json")

    assert answer.status_code == 413
    assert "larger than any credential" in answer.text


def with_html_everywhere(value: Any) -> Any:
    """Put markup behind every text of a document but its types, ids and contexts."""
    if isinstance(value, dict):
        kept = {"type", "id", "@context", "issuanceDate", "validFrom", "issued"}
        return {name: each if name in kept else with_html_everywhere(each) for name, each in value.items()}
    if isinstance(value, list):
        return [with_html_everywhere(each) for each in value]
    return f"{value}{PAYLOAD}" if isinstance(value, str) else value


def test_html_in_every_field_of_a_credential_stays_text(site: Site) -> None:
    """A stranger's credential cannot put markup or a link of another scheme onto our page."""
    content = json.loads(json.loads(commission_sample())["payload"])
    portrait = of_elm(with_html_everywhere(content), "en")

    with site.app.test_request_context("/"):
        page = site.app.jinja_env.get_template("portrait.html").make_module().show(portrait)

    assert PAYLOAD in portrait.title
    assert "<script" not in page
    assert "<img" not in page
