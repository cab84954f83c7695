"""Micro-credentials to render: one that a person can follow, and as many different ones as a test asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from mappings.assessment import ActivityId, LearnerId, PlatformId, Presence
from mappings.documents.envelope import Envelope
from mappings.elements import (
    AssessedBy,
    AwardingBody,
    FurtherInformation,
    Grade,
    Holder,
    LearningOutcome,
    MicroCredential,
    Place,
    Provenance,
    QualityAssurance,
    Stacking,
    Stated,
    Supervision,
    Supplier,
)
from mappings.profile import Accreditation, Cycle, Level, Stackability, Workload
from mappings.text import Text
from mappings.vocabularies.terms import Term

NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
ISSUER_URL = "https://mc.example.edu"
SNB = "http://data.europa.eu/snb"
AUTHORITY = "http://publications.europa.eu/resource/authority"

SLOVAKIA = Term(f"{AUTHORITY}/country", f"{AUTHORITY}/country/SVK", "Slovakia", "country")
BELGIUM = Term(f"{AUTHORITY}/country", f"{AUTHORITY}/country/BEL", "Belgium", "country")
VIENNA = Term(f"{AUTHORITY}/atu", f"{AUTHORITY}/atu/AUT_BLD_VIE", "Federal province of Vienna", "atu")
MODES = tuple(
    Term(f"{SNB}/learning-assessment/25831c2", f"{SNB}/learning-assessment/{code}", label)
    for code, label in (("920fbb3cbe", "Online"), ("9191af2ed9", "Presential"), ("e92d221e4d", "Blended"))
)
ONLINE, PRESENTIAL, BLENDED = MODES
ASSESSMENT_TYPES = tuple(
    Term(f"{SNB}/assessment/25831c2", f"{SNB}/assessment/{code}", label)
    for code, label in (
        ("6e6cb2cc78", "written examination"),
        ("795dac4096", "project work"),
        ("b1b68f6735", "quiz"),
        ("4f03b91c0e", "portfolio"),
    )
)
QUALITY = Term(f"{SNB}/accreditation/25831c2", f"{SNB}/accreditation/bb4618238e", "Institutional Quality Assurance")
SKILL = Term(f"{SNB}/skill-type/25831c2", f"{SNB}/skill-type/skill", "skill")
TRANSVERSAL = Term(f"{SNB}/skill-reuse-level/25831c2", f"{SNB}/skill-reuse-level/25f0ea33c6", "transversal")
ISCED = Term(f"{SNB}/isced-f/25831c2", f"{SNB}/isced-f/0223", "Philosophy and ethics")
ESCO = "http://data.europa.eu/esco/skill/00000000-0000-0000-0000-000000000000"


def stated(value):
    """Say a value with some source."""
    return Stated(value, (Provenance(Supplier.TEACHER, "profile", NOW),))


def assessed(activity: str = "exam", **changes) -> AssessedBy:
    """Return a passed written exam, watched on site, identity verified."""
    exam = AssessedBy(
        activity=ActivityId(activity),
        title=Text.of({"en": "Final exam", "sk": "Záverečná skúška"}),
        type=ASSESSMENT_TYPES[0],
        mode=PRESENTIAL,
        supervision=Supervision(Presence.ON_SITE, True),
        grade=Grade(Decimal("87.5"), Decimal(100), "87.5 / 100", NOW),
    )
    return replace(exam, **changes)


def credential(**changes) -> MicroCredential:
    """Return Anna's micro-credential on data ethics with all sixteen elements; ``changes`` are plain values."""
    bratislava = Place(SLOVAKIA)
    values = {
        "holder": Holder(
            PlatformId("https://lms.example.edu|client|1"),
            LearnerId("42"),
            "Anna Nováková",
            "Anna",
            "Nováková",
            student_number="S-1001",
            email="Anna.Novakova@example.edu",
        ),
        "title": Text.of({"en": "Introduction to Data Ethics", "sk": "Úvod do etiky dát"}),
        "places": (bratislava,),
        "awarding_bodies": (
            AwardingBody(
                Text.of({"en": "Example University", "sk": "Vzorová univerzita"}),
                "VATSK-1234567890",
                bratislava,
                registration="00397687",
                address="Hlavná 1, Bratislava",
                homepage="https://example.edu/",
                email="registrar@example.edu",
            ),
        ),
        "date_of_issue": NOW,
        "outcomes": (
            LearningOutcome(
                "lo1",
                Text.of({"en": "apply ethical principles", "sk": "uplatňovať etické zásady"}),
                (ActivityId("exam"),),
                Text.of({"en": 'Weighs "interests" \\ rights\nand duties'}),
                SKILL,
                TRANSVERSAL,
                (ESCO,),
            ),
        ),
        "workload": Workload(Decimal("2.5"), Decimal("62.5")),
        "level": Level(6, Cycle.FIRST),
        "assessments": (assessed(),),
        "participation": BLENDED,
        "quality_assurance": QualityAssurance(
            (
                Accreditation(
                    Text.of({"en": "Institutional accreditation 2024"}),
                    QUALITY,
                    Text.of({"en": "SAAVS"}),
                    SLOVAKIA,
                    deqar_id="12345",
                    report_url="https://data.deqar.eu/report/12345",
                ),
            ),
            Text.of({"en": "Reviewed every year by a peer."}),
        ),
        "supervision": Supervision(Presence.ON_SITE, True),
        "prerequisites": Text.of({"en": "None but curiosity."}),
        "grade": Grade(Decimal("87.5"), Decimal(100), "B (87.5 %)", NOW),
        "stackability": Stacking(Stackability.STACKABLE, Text.of({"en": "Minor in Ethics"})),
        "further_information": FurtherInformation(Text.of({"en": "Taught since 2021."}), "https://example.edu/ethics"),
        "description": Text.of({"en": "Ethical handling of data.", "sk": "Etické zaobchádzanie s dátami."}),
    } | changes
    optional = {name: None if value is None else stated(value) for name, value in values.items()}
    return MicroCredential(
        **optional,
        subjects=(ISCED,),
        course_starts_at=datetime(2026, 9, 1, 8, tzinfo=UTC),
        completed_at=datetime(2026, 11, 15, 18, tzinfo=UTC),
        course_languages=("en",),
        languages=("en", "sk"),
    )


def bare_credential() -> MicroCredential:
    """Return the credential with none of the optional elements and no more than a name of the learner."""
    body = AwardingBody(Text.of({"en": "Example University"}), "VATSK-1234567890", Place(SLOVAKIA))
    full = credential(
        holder=Holder(PlatformId("p"), LearnerId("1"), "Bo"),
        awarding_bodies=(body,),
        outcomes=(LearningOutcome("lo1", Text.of({"en": "apply"}), (ActivityId("exam"),)),),
        workload=Workload(hours=Decimal(30)),
        level=Level(4),
        assessments=(assessed(grade=Grade(Decimal(5), None, "pass"), supervision=Supervision(Presence.NONE, False)),),
        quality_assurance=QualityAssurance(
            (Accreditation(Text.of({"en": "QA"}), QUALITY, Text.of({"en": "Agency"}), BELGIUM),)
        ),
        supervision=Supervision(Presence.NONE, False),
        prerequisites=None,
        grade=None,
        stackability=None,
        further_information=None,
        description=None,
    )
    return replace(full, subjects=(), course_starts_at=None, completed_at=None, course_languages=())


def envelope(**changes) -> Envelope:
    """Return the envelope of Anna's credential, with a place in a status list."""
    reserved = Envelope(
        id="6f0e7d3c-5a6b-4f0e-9a0e-2f6d5b0c8a11",
        valid_from=NOW,
        public_url=f"{ISSUER_URL}/c/6f0e7d3c-5a6b-4f0e-9a0e-2f6d5b0c8a11",
        valid_until=datetime(2031, 11, 20, 10, tzinfo=UTC),
        status_list_url=f"{ISSUER_URL}/status/3",
        status_index=94567,
        issuer_url=ISSUER_URL,
    )
    return replace(reserved, **changes)


WORDS = (
    "Étude",
    "data",
    "Ω-ethics",
    'say "hi"',
    "back\\slash",
    "tab\there",
    "line\nbreak",
    "漢字",
    "𝄞 music",
    "a<b>&c",
    "_:b0",
)


def generated(seed: int) -> tuple[MicroCredential, Envelope]:
    """Return one of endlessly many credentials: other texts, lengths, options, languages, characters."""
    random = Random(seed)

    def text() -> Text:
        languages = random.sample(["en", "sk", "fr", "pt-BR"], random.randint(1, 3))
        return Text.of({each: " ".join(random.choices(WORDS, k=random.randint(1, 4))) for each in languages})

    def perhaps(value):
        return value if random.random() < 0.5 else None

    def grade() -> Grade:
        value = Decimal(random.randint(0, 1000)) / 10
        return Grade(value, random.choice([None, Decimal(100), Decimal("10.50")]), f"{value} {random.choice(WORDS)}")

    def watched() -> Supervision:
        return Supervision(random.choice([Presence.NONE, Presence.ONLINE, Presence.ON_SITE]), random.random() < 0.5)

    activities = [ActivityId(str(number)) for number in range(random.randint(1, 3))]
    made = credential(
        holder=Holder(
            PlatformId(f"p{random.randint(1, 3)}"),
            LearnerId(str(seed)),
            " ".join(random.choices(WORDS, k=2)),
            "G",
            "F",
            random.choice(["", "S1"]),
            random.choice(["", f"L{seed}@example.edu"]),
        ),
        title=text(),
        outcomes=tuple(
            LearningOutcome(
                f"lo{number}",
                text(),
                tuple(random.sample(activities, random.randint(1, len(activities)))),
                perhaps(text()),
                perhaps(SKILL),
                perhaps(TRANSVERSAL),
                (ESCO,) * random.randint(0, 2),
            )
            for number in range(random.randint(1, 4))
        ),
        workload=random.choice(
            [Workload(Decimal(3)), Workload(None, Decimal("7.5")), Workload(Decimal("0.5"), Decimal(10))]
        ),
        level=Level(random.randint(1, 8), perhaps(random.choice(list(Cycle)))),
        assessments=tuple(
            assessed(
                activity,
                title=text(),
                type=random.choice(ASSESSMENT_TYPES),
                mode=random.choice(MODES),
                supervision=watched(),
                grade=grade(),
                url=random.choice(["", f"https://lms.example.edu/mod/{activity}"]),
            )
            for activity in activities
        ),
        participation=random.choice(MODES),
        supervision=watched(),
        prerequisites=perhaps(text()),
        grade=perhaps(grade()),
        stackability=perhaps(Stacking(random.choice(list(Stackability)), perhaps(text()))),
        further_information=perhaps(FurtherInformation(perhaps(text()), random.choice(["", "https://example.edu/x"]))),
        description=perhaps(text()),
    )
    made = replace(made, languages=random.choice([("en",), ("sk", "en"), ("fr",)]), completed_at=perhaps(NOW))
    reserved = envelope(
        id=str(UUID(int=random.getrandbits(128), version=4)),
        valid_until=perhaps(NOW + timedelta(days=random.randint(1, 900))),
        supersedes=random.choice(["", "11111111-2222-4333-8444-555555555555"]),
    )
    status = perhaps(random.randrange(131_072))
    return made, replace(
        reserved, status_index=status, status_list_url="" if status is None else reserved.status_list_url
    )
