"""From a firm's journeys as they are stored to the figures of one page, each as bars, as a table and as CSV (A11)."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from typing import Final

from api.workbench.wording import PARTIES, STEPS
from domain.figures import AgeBand, JourneyFacts, Step, ageing, drop_out, funnel, times
from domain.journey import Party, PartyRole, Stage
from models.tables import EvidenceKind
from storage.figures import CountedJourney

_ADVISERS_STEPS: Final = {
    "client details submitted": Step.DETAILS,
    "application sent to the platform": Step.APPLICATION,
}
_ACCEPTANCES: Final = {
    EvidenceKind.PLATFORM_TERMS_ACCEPTED: Step.PLATFORM_TERMS,
    EvidenceKind.PRODUCT_TERMS_ACCEPTED: Step.PRODUCT_TERMS,
}
_WHOLE: Final = "The whole way"
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: its words, its value in words, its length and, if it has one, that of a second bar (0-1)."""

    label: str
    value: str
    length: float
    further: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart with the same as a table; `cells` are numbers, for the CSV, where `rows` are words.

    Attributes:
        name: its id on the page and the name of its CSV file.
        title: what it shows.
        meaning: how to read it, in a sentence or two.
        columns: the table's headings.
        rows: the table, the first cell of each row being its heading.
        cells: the same as plain values.
        bars: the chart.
        csv_columns: the headings of the CSV, where its units are others.
    """

    name: str
    title: str
    meaning: str
    columns: list[str]
    rows: list[list[str]]
    cells: list[list[str | int | float | None]]
    bars: list[Bar]
    csv_columns: list[str] | None = None

    def as_csv(self) -> str:
        """Return the figure as CSV with a heading."""
        text = StringIO()
        writer = csv.writer(text)
        writer.writerow(self.csv_columns or self.columns)
        writer.writerows(self.cells)
        return text.getvalue()


def facts(journey: CountedJourney) -> JourneyFacts:
    """Return what is counted of a journey: a step of the clients is reached once everybody who acts has done it."""
    reached = {Step.STARTED: journey.started_at}
    for entry in journey.timeline:
        step = _ADVISERS_STEPS.get(str(entry["event"]))
        if step is not None:
            reached.setdefault(step, datetime.fromisoformat(str(entry["at"])))
    if journey.acts:
        reached[Step.CLIENT_CAME] = min(journey.acts.values())
    acting = [holder["person_id"] for holder in journey.holders if PartyRole(holder["role"]).acts]
    for kind, step in _ACCEPTANCES.items():
        moments = [journey.acts[person, kind] for person in acting if (person, kind) in journey.acts]
        if acting and len(moments) == len(acting):
            reached[step] = max(moments)
    if journey.stage is Stage.ACTIVE:
        reached[Step.ACTIVE] = journey.stage_since
    return JourneyFacts(journey.stage, journey.waiting_on, journey.waiting_since, reached)


def _funnel(journeys: Sequence[JourneyFacts], _: datetime) -> Figure:
    found = funnel(journeys)
    return Figure(
        name="funnel",
        title="How far journeys get",
        meaning="Each bar is the number of journeys that reached this step or went past it.",
        columns=["Step", "Journeys", "Share of all started"],
        rows=[[STEPS[row.step], str(row.count), _percent(row.share)] for row in found],
        cells=[[STEPS[row.step], row.count, round(row.share, 4)] for row in found],
        bars=[Bar(STEPS[row.step], f"{row.count} ({_percent(row.share)})", row.share) for row in found],
    )


def _times(journeys: Sequence[JourneyFacts], _: datetime) -> Figure:
    found = [(_span(row.before, row.after), row) for row in times(journeys)]
    longest = max((row.ninetieth for _, row in found if row.ninetieth), default=_HOUR)
    return Figure(
        name="times",
        title="How long each step takes",
        meaning="Half of the journeys were as fast as the median or faster: the dark bar and its time. Nine of ten "
        "were as fast as the 90th percentile or faster: the golden bar.",
        columns=["Step", "Journeys", "Median", "90th percentile"],
        csv_columns=["Step", "Journeys", "Median (hours)", "90th percentile (hours)"],
        rows=[[span, str(row.count), lasted(row.median), lasted(row.ninetieth)] for span, row in found],
        cells=[[span, row.count, _hours(row.median), _hours(row.ninetieth)] for span, row in found],
        bars=[
            Bar(
                _WHOLE if row.after is Step.ACTIVE and row.before is Step.STARTED else STEPS[row.after],
                lasted(row.median),
                (row.median or timedelta()) / longest,
                (row.ninetieth or timedelta()) / longest,
            )
            for span, row in found
        ],
    )


def _drop_out(journeys: Sequence[JourneyFacts], _: datetime) -> Figure:
    found = drop_out(journeys)
    most = max((row.total for row in found), default=0) or 1
    return Figure(
        name="drop-out",
        title="Where journeys end early",
        meaning="Journeys that ended without an active account, by the last step that they had reached.",
        columns=["Last step reached", "Withdrawn", "Declined", "Expired", "Together"],
        rows=[
            [STEPS[row.step], str(row.withdrawn), str(row.declined), str(row.expired), str(row.total)] for row in found
        ],
        cells=[[STEPS[row.step], row.withdrawn, row.declined, row.expired, row.total] for row in found],
        bars=[Bar(STEPS[row.step], str(row.total), row.total / most) for row in found],
    )


def _ageing(journeys: Sequence[JourneyFacts], now: datetime) -> Figure:
    found = [(_band(row.band), row) for row in ageing(journeys, now)]
    most = max((row.total for _, row in found), default=0) or 1
    parties = [party for party in Party if party is not Party.NOBODY]
    return Figure(
        name="ageing",
        title="How long open journeys have waited",
        meaning="Journeys that are not over, by how long they have waited for whom they wait for now.",
        columns=["Waiting for", *(PARTIES[party] for party in parties), "Together"],
        rows=[[band, *(str(row.waiting_on[party]) for party in parties), str(row.total)] for band, row in found],
        cells=[[band, *(row.waiting_on[party] for party in parties), row.total] for band, row in found],
        bars=[Bar(band, str(row.total), row.total / most) for band, row in found],
    )


FIGURES: Final[dict[str, Callable[[Sequence[JourneyFacts], datetime], Figure]]] = {
    "funnel": _funnel,
    "times": _times,
    "drop-out": _drop_out,
    "ageing": _ageing,
}
"""Each figure by its name."""


def lasted(time: timedelta | None) -> str:
    """Return a time in the unit that fits it: `12 minutes`, `5 hours`, `3.5 days`."""
    if time is None:
        return "None yet"
    for unit, length in (("day", _DAY), ("hour", _HOUR)):
        if time >= length:
            number = f"{time / length:.1f}".removesuffix(".0")
            return f"{number} {unit}{'' if number == '1' else 's'}"
    minutes = round(time / timedelta(minutes=1))
    if minutes == 0:
        return "Under a minute"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _hours(time: timedelta | None) -> float | None:
    return None if time is None else round(time / _HOUR, 2)


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _span(before: Step, after: Step) -> str:
    if (before, after) == (Step.STARTED, Step.ACTIVE):
        return f"{_WHOLE}, until active"
    return f"Until: {STEPS[after].lower()}"


def _band(band: AgeBand) -> str:
    if band.below is None:
        return f"{band.least} days or more"
    return f"Under {band.below} days" if band.least == 0 else f"{band.least} to {band.below - 1} days"
