"""Hypothesis strategies over everything that mappings/ knows: profiles, issuers, records, micro-credentials.

Names are in the scripts of the EU (Latin, Greek, Cyrillic) and in some of the world's others, right to left too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from mappings.assessment import (
    Activity,
    ActivityId,
    AssessmentRecord,
    CompetencyId,
    CompetencyRating,
    Completion,
    Course,
    CourseId,
    Delivery,
    EvidenceSource,
    GradeState,
    Learner,
    LearnerId,
    PlatformId,
    Presence,
    Result,
    Score,
    Standing,
    SupervisionEvidence,
)
from mappings.awarding import Award, decide
from mappings.describe import describe
from mappings.documents.envelope import Envelope
from mappings.elements import MicroCredential
from mappings.profile import (
    Accreditation,
    AssessmentSpecification,
    AwardRule,
    CompletedBy,
    CourseProfile,
    Cycle,
    Issuer,
    Level,
    Outcome,
    Proof,
    ProvenByAssessments,
    ProvenByCompetency,
    Stackability,
    Workload,
)
from mappings.scales import IN_POINTS, Band, Scale, ShownAs
from mappings.text import Text
from mappings.vocabularies.terms import Term, term, terms

LANGUAGES = (
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fi",
    "fr",
    "ga",
    "hr",
    "hu",
    "it",
    "lt",
    "lv",
    "mt",
    "nl",
    "pl",
    "pt",
    "ro",
    "sk",
    "sl",
    "sv",
)
"""The official languages of the EU, ISO 639-1."""
SCRIPTS = (
    "AaÁáÄäÅåÆæĄąČčĆćĎďĐđÉéĘęĖėĞğĠġĢģĦħÍíĮįİıĶķŁłĻļÑñŇňŃńÓóÖöØøŐőŘřŔŕŠšŞşȘșȚțŤťÚúÜüŰűŲųÝýŻżŽžßþÞ",
    "ΑαΆάΒβΓγΔδΕεΈέΖζΗηΉήΘθΙιΊίΐΚκΛλΜμΝνΞξΟοΌόΠπΡρΣσςΤτΥυΎύΰΦφΧχΨψΩωΏώ",
    "АаБбВвГгҐґДдЕеЁёЄєЖжЗзИиІіЇїЙйКкЛлМмНнОоПпРрСсТтУуФфХхЦцЧчШшЩщЪъЫыЬьЭэЮюЯяЋћЂђЉљЊњ",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىةپچژگک",
    "אבגדהוזחטיכךלמםנןסעפףצץקרשת",
)
"""Letters of the scripts of the EU, then of Arabic and Hebrew."""
NAMES = (
    "Anna Kowalska",
    "Søren Ångström-Ødegård",
    "Κωνσταντίνος Παπαδόπουλος",
    "Борислав Георгиев",
    "Ġorġ Żammit",
    "Ádám Őrsi",
    "Ștefan Țărnă",
    "Eva Nováková",
    "Seán Ó Súilleabháin",
    "فريد حداد",
    "יעל כהן",
    "王小明",
    "José María de la Ñ",
    "O’Neill d'Água",
    "Ł",
)
"""Whole names in scripts of the EU and beyond, with the signs that break naive software."""
WORDS = (*NAMES, "Data analysis", "Ανάλυση δεδομένων", "Анализ на данни", "C++ & <XML>", "100 % “quoted” \\", "a" * 200)
READ = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

words = st.sampled_from(WORDS) | st.text(
    st.characters(categories=("L", "M", "N", "P", "Zs"), codec="utf-8"), min_size=1, max_size=40
).map(str.strip).filter(bool)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 23), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(fold=0)
)
points = st.decimals(0, 100, places=2)
names = st.sampled_from(NAMES) | st.sampled_from(SCRIPTS).flatmap(
    lambda letters: st.lists(st.text(letters, min_size=1, max_size=12), min_size=1, max_size=5).map(" ".join)
)


def term_of(list_name: str) -> st.SearchStrategy[Term]:
    """Any concept of a list."""
    return st.sampled_from(terms(list_name))


def texts(languages: Sequence[str] = ("en",)) -> st.SearchStrategy[Text]:
    """Text in all of ``languages``."""
    return st.tuples(*(words for _ in languages)).map(lambda each: Text.of(dict(zip(languages, each, strict=True))))


languages = st.lists(
    st.sampled_from((*LANGUAGES, "en-GB", "nb", "uk", "ar", "he")), min_size=1, max_size=3, unique=True
)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    """Points, percent, or bands that fall to 0."""
    shown_as = draw(st.sampled_from(ShownAs))
    if shown_as is not ShownAs.BANDS:
        return Scale(shown_as)
    starts = sorted(draw(st.sets(st.integers(1, 100), max_size=4)), reverse=True)
    return Scale(shown_as, tuple(Band(Decimal(start), f"from {start}") for start in (*starts, 0)))


@st.composite
def specifications(draw: st.DrawFn, activity: ActivityId, speak: Sequence[str]) -> AssessmentSpecification:
    """An assessment with type and mode; a pass mark, or the platform's verdict is trusted."""
    return AssessmentSpecification(
        activity,
        draw(texts(speak)),
        draw(term_of("assessment-types")),
        draw(term_of("modes-learning-assessment")),
        draw(st.none() | points),
    )


@st.composite
def outcomes(draw: st.DrawFn, number: int, activities: Sequence[ActivityId], speak: Sequence[str]) -> Outcome:
    """An outcome with either kind of proof, at least one assessment."""
    proving = tuple(draw(st.lists(st.sampled_from(activities), min_size=1, unique=True)))
    competency = CompetencyId(f"C{number}")
    proofs: tuple[Proof, ...] = (ProvenByAssessments(proving), ProvenByCompetency(competency, proving))
    return Outcome(
        id=f"LO-{number}",
        title=draw(texts(speak)),
        proof=draw(st.sampled_from(proofs)),
        description=draw(st.none() | texts(speak)),
        kind=draw(st.none() | term_of("skill-type")),
        reusability=draw(st.none() | term_of("skill-reuse-level")),
        esco=draw(st.sampled_from([(), ("http://data.europa.eu/esco/skill/2b92a5b2-6758-4ee3-9fb4-b6387a55cc8f",)])),
    )


@st.composite
def rules(draw: st.DrawFn, activities: Sequence[ActivityId]) -> AwardRule:
    """Any rule over the declared assessments."""
    required = tuple(draw(st.lists(st.sampled_from(activities), unique=True)))
    signals = list(CompletedBy) if required else [CompletedBy.PLATFORM]
    return AwardRule(
        completed_by=draw(st.sampled_from(signals)),
        required=required,
        settled_after=timedelta(hours=draw(st.integers(0, 48))),
        every_outcome=draw(st.booleans()),
        approval=draw(st.booleans()),
    )


workloads = st.builds(
    Workload, ects=st.decimals("0.5", 30, places=1), hours=st.none() | st.integers(1, 900).map(Decimal)
) | st.builds(Workload, hours=st.decimals("0.25", 900, places=2))
levels = st.builds(Level, eqf=st.integers(1, 8), cycle=st.none() | st.sampled_from(Cycle))


@st.composite
def evidence(
    draw: st.DrawFn, activities: Sequence[ActivityId], sources: Sequence[EvidenceSource] = tuple(EvidenceSource)
) -> SupervisionEvidence:
    """A statement of any source about one of the assessments, for learner 4 or for all."""
    return SupervisionEvidence(
        activity=draw(st.sampled_from(activities)),
        source=draw(st.sampled_from(sources)),
        supervision=draw(st.sampled_from(Presence)),
        identity_verified=draw(st.none() | st.booleans()),
        stated_at=draw(moments),
        stated_by="somebody",
        learner=draw(st.sampled_from([None, LearnerId("4"), LearnerId("5")])),
        open_flag=draw(st.booleans()),
    )


@st.composite
def profiles(draw: st.DrawFn) -> CourseProfile:
    """A complete profile: nothing mandatory is missing."""
    speak = draw(languages)
    activities = [ActivityId(str(number)) for number in range(1, draw(st.integers(2, 5)))]
    declared = tuple(draw(specifications(activity, speak)) for activity in activities)
    optional = st.none() | texts(speak)
    return CourseProfile(
        id="profile",
        version=draw(st.integers(1, 99)),
        title=draw(texts(speak)),
        description=draw(optional),
        outcomes=tuple(draw(outcomes(number, activities, speak)) for number in range(draw(st.integers(1, 4)))),
        assessments=declared,
        workload=draw(workloads),
        level=draw(levels),
        participation=draw(term_of("modes-learning-assessment")),
        activity_type=draw(st.none() | term_of("learning-activity")),
        learning_setting=draw(st.none() | term_of("learning-setting")),
        subjects=tuple(draw(st.lists(term_of("isced-f"), max_size=2, unique=True))),
        quality_assurance=draw(optional),
        prerequisites=draw(optional),
        stackability=draw(st.none() | st.sampled_from(Stackability)),
        stacks_towards=draw(optional),
        further_information=draw(optional),
        homepage=draw(st.sampled_from(["", "https://academy.example.org/ada"])),
        languages=tuple(draw(languages)),
        valid_for_months=draw(st.none() | st.integers(1, 120)),
        rule=draw(rules(activities)),
        scale=draw(st.just(IN_POINTS) | scales()),
        supervision=tuple(
            draw(st.lists(evidence(activities, [EvidenceSource.TEACHER_DECLARATION]), max_size=2)),
        ),
        stated_by="Tessa Teacher",
        stated_at=draw(moments),
    )


accreditations = st.builds(
    Accreditation,
    title=texts(),
    type=term_of("accreditation-types"),
    agency=texts(),
    agency_country=term_of("country"),
    deqar_id=st.sampled_from(["", "DEQARINST0001"]),
    report_url=st.sampled_from(["", "https://agency.example.org/report"]),
    valid_until=st.none() | st.just(datetime(2031, 1, 1, tzinfo=UTC)),
)
EU = (
    "AUT",
    "BEL",
    "BGR",
    "CYP",
    "CZE",
    "DEU",
    "DNK",
    "ESP",
    "EST",
    "FIN",
    "FRA",
    "GRC",
    "HRV",
    "HUN",
    "IRL",
    "ITA",
    "LTU",
    "LUX",
    "LVA",
    "MLT",
    "NLD",
    "POL",
    "PRT",
)
"""Some member states; an issuer needs a country of two letters for its seal."""
issuers = st.builds(
    Issuer,
    id=st.just("issuer"),
    version=st.integers(1, 9),
    legal_name=languages.flatmap(texts),
    eidas_identifier=st.just("VATBE-0123456789"),
    registration=st.sampled_from(["", "0123456789"]),
    country=st.sampled_from(EU).map(lambda code: term("country", code)),
    region=st.none() | term_of("atu"),
    address=st.sampled_from(["", "Teststraat 1, 1000 Brussel"]),
    homepage=st.sampled_from(["", "https://academy.example.org"]),
    email=st.sampled_from(["", "registry@academy.example.org"]),
    accreditations=st.lists(accreditations, min_size=1, max_size=2).map(tuple),
    stated_at=st.none() | moments,
)

scores = st.one_of(
    st.builds(
        Score,
        value=points,
        maximum=st.just(Decimal(100)),
        state=st.sampled_from(GradeState),
        graded_at=st.none() | moments,
        overridden=st.booleans(),
    ),
    st.just(Score(None, Decimal(100), GradeState.UNGRADED)),
)
learners = st.builds(
    Learner,
    id=st.just(LearnerId("4")),
    standing=st.just(Standing.LEARNER),
    full_name=names,
    given_name=st.just("") | names,
    family_name=st.just("") | names,
    email=st.sampled_from(["", "anna@example.org"]),
    student_number=st.sampled_from(["", "STU-0001"]),
)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """A course, perhaps with dates and a form of delivery."""
    return Course(
        PlatformId("platform"),
        CourseId("3"),
        draw(words),
        starts_at=draw(st.none() | moments),
        ends_at=draw(st.none() | moments),
        delivery=draw(st.sampled_from(Delivery)),
    )


@st.composite
def records(draw: st.DrawFn, profile: CourseProfile) -> AssessmentRecord:
    """Whatever a platform may show of a learner in the course of ``profile``, earned or not."""
    activities = [each.activity for each in profile.assessments]
    verdicts = st.none() | st.booleans()
    shown = draw(st.lists(st.sampled_from(activities), unique=True))
    rated = [each.proof.competency for each in profile.outcomes if isinstance(each.proof, ProvenByCompetency)]
    return _record(
        draw,
        activities,
        completion=Completion(draw(verdicts), draw(st.none() | moments)),
        course_score=draw(st.none() | scores),
        results=tuple(Result(each, draw(scores), draw(verdicts)) for each in shown),
        competencies=tuple(
            CompetencyRating(each, "", draw(verdicts), rated_at=draw(st.none() | moments)) for each in rated
        ),
    )


@st.composite
def earned_records(draw: st.DrawFn, profile: CourseProfile) -> AssessmentRecord:
    """A record that earns ``profile``: completed, everything passed, settled and rated proficient."""
    activities = [each.activity for each in profile.assessments]
    passed = [
        Result(each.activity, _posted(max(each.pass_mark or Decimal(0), draw(points))), True)
        for each in profile.assessments
    ]
    rated = [each.proof.competency for each in profile.outcomes if isinstance(each.proof, ProvenByCompetency)]
    graded_at = datetime(2026, 11, 20, tzinfo=UTC)
    return _record(
        draw,
        activities,
        completion=Completion(True, graded_at),
        course_score=draw(st.none() | points.map(_posted)),
        results=tuple(passed),
        competencies=tuple(CompetencyRating(each, "", True, rated_at=graded_at) for each in rated),
    )


def _posted(value: Decimal) -> Score:
    return Score(value, Decimal(100), GradeState.POSTED, datetime(2026, 11, 20, tzinfo=UTC))


def _record(draw: st.DrawFn, activities: Sequence[ActivityId], **shown: Any) -> AssessmentRecord:
    return AssessmentRecord(
        course=draw(courses()),
        learner=draw(learners),
        activities=tuple(Activity(each, f"Activity {each}", "quiz", Decimal(100)) for each in activities),
        read_at=READ,
        supervision=tuple(draw(st.lists(evidence(activities), max_size=3))),
        **shown,
    )


@dataclass(frozen=True)
class Case:
    """A profile and a record of its course."""

    profile: CourseProfile
    record: AssessmentRecord


cases = profiles().flatmap(lambda profile: st.builds(Case, st.just(profile), records(profile)))
earned_cases = profiles().flatmap(lambda profile: st.builds(Case, st.just(profile), earned_records(profile)))


@st.composite
def micro_credentials(draw: st.DrawFn) -> MicroCredential:
    """A complete micro-credential, made the way the product makes it."""
    case = draw(earned_cases)
    award = decide(case.record, case.profile)
    assert isinstance(award, Award)
    credential = describe(award, case.profile, draw(issuers), READ)
    assert isinstance(credential, MicroCredential)
    return credential


@st.composite
def envelopes(draw: st.DrawFn, *, status: bool = False) -> Envelope:
    """An envelope, with a place in a status list or without."""
    id_ = draw(st.uuids(version=4).map(str))
    begins = draw(moments)
    spans = st.timedeltas(timedelta(seconds=1), timedelta(days=3650))
    return Envelope(
        id=id_,
        valid_from=begins,
        public_url=f"https://bridge.example.org/c/{id_}",
        valid_until=draw(st.none() | spans.map(lambda span: begins + span)),
        status_list_url="https://bridge.example.org/status/1" if status else "",
        status_index=draw(st.integers(0, 131071)) if status else None,
        issuer_url="https://bridge.example.org",
    )
