"""How a journey looks to people: who is awaited and why, what happens next, and the operator's page."""

from datetime import date, datetime, timedelta

from domain.calendar import london_day
from domain.journey import GateKind, Party, Stage, Wrapper
from domain.tax_year import isa_opened_on
from models.messages import GateView, HolderDetailsView, HolderView, JourneyResult, Progress
from workflows.state import JourneyState

_MAX_POLL = timedelta(days=1)


def awaited(state: JourneyState) -> tuple[Party, str]:
    """Return who has to act next, and what for, in words."""
    if state.stage.is_final and not state.refused and state.mandate_failure is None:
        return Party.NOBODY, "nothing: the journey is over"
    if state.refused:
        return Party.ADVISER, "a system refused something: see what needs attention"
    if state.busy:
        return state.busy[-1], "records are being written"
    if state.mandate_failure is not None and state.stage is Stage.ACTIVE:
        fresh = Party.CLIENT, "a fresh direct debit mandate"
        settle = Party.ADVISER, "the direct debit mandate failed: see what needs attention"
        return fresh if state.mandate_failure.needs_new_mandate else settle
    if state.stage in {Stage.ILLUSTRATED, Stage.APPLICATION_DRAFT}:
        form = (
            "the account form, to be sent to the platform" if state.details_submitted else "the client's details form"
        )
        return Party.ADVISER, form
    return _awaited_by_gates(state)


def _awaited_by_gates(state: JourneyState) -> tuple[Party, str]:
    open_gates = [gate for gate in state.gates() if not gate.met]
    for party in (Party.CLIENT, Party.ADVISER, Party.PLATFORM):
        words = [
            f"{gate.kind.value.replace('_', ' ')} ({gate.detail})" for gate in open_gates if gate.awaited_from is party
        ]
        if words:
            return party, "; ".join(words)
    return Party.PLATFORM, "the account is being activated"


def next_action(state: JourneyState) -> tuple[str, datetime | None]:
    """Return what the journey does by itself next, and when, if a timer is running."""
    if state.stage.is_final and not state.refused:
        return "none", None
    if state.retry_at is not None:
        return "try again what was refused", state.retry_at
    if state.busy:
        return "write records, again and again until the system answers", None
    timers = [("Read the checks from the platform again", state.poll_at)] if state.poll_at else []
    timers += [state.quiet_at] if state.quiet_at else []
    if timers:
        return min(timers, key=lambda timer: timer[1])
    if state.on_hold:
        return "none: the journey is on hold until it is resumed", None
    return "none: it waits", None


def poll_interval(state: JourneyState) -> timedelta | None:
    """Return when to read the checks again: later each time, and never once they have all passed."""
    if state.stage is not Stage.AWAITING_CLIENT:
        return None
    outstanding = any(not gate.met for gate in state.gates() if gate.awaited_from is Party.PLATFORM)
    if not outstanding:
        return None
    return min(state.start.timings.check_poll * (1 << min(state.polls, 16)), _MAX_POLL)


def result(state: JourneyState) -> JourneyResult:
    """Return how the journey ended, and what the adviser does next (P16)."""
    active = state.stage is Stage.ACTIVE
    opens = " The ISA opens with its first subscription." if state.start.wrapper in {Wrapper.ISA, Wrapper.JISA} else ""
    return JourneyResult(
        stage=state.stage,
        records=state.records,
        next_step=f"Key transfers and expected payments directly in the platform.{opens}" if active else "",
        next_step_url=state.start.platform_url if active else None,
        reason=state.ending.reason.value if state.ending else "",
        isa_opened_on=isa_opening(state),
    )


def isa_opening(state: JourneyState) -> date | None:
    """Return when the ISA opened, which needs an accepted application and a first subscription; None until both."""
    if state.start.wrapper not in {Wrapper.ISA, Wrapper.JISA} or state.first_subscription_on is None:
        return None
    accepted = [gate.met_at for gate in state.gates() if gate.kind is GateKind.PRODUCT_TERMS]
    moments = [moment for moment in accepted if moment is not None]
    return isa_opened_on(london_day(max(moments)), state.first_subscription_on) if moments else None


def progress(state: JourneyState) -> Progress:
    """Return the answer of the query `progress`."""
    party, waiting_for = awaited(state)
    action, action_at = next_action(state)
    attention = state.attention()
    return Progress(
        journey_id=state.start.journey_id,
        firm=state.start.firm,
        adviser_id=state.start.adviser.id,
        external_reference=state.start.external_reference,
        wrapper=state.start.wrapper,
        stage=state.stage,
        stage_since=state.stage_since,
        version=state.version,
        started_at=state.started_at,
        needs_attention=bool(attention),
        on_hold=state.on_hold,
        attention=attention,
        waiting_on=party,
        waiting_since=state.waiting_since,
        waiting_for=waiting_for,
        next_action=action,
        next_action_at=action_at,
        details_submitted=state.details_submitted,
        direct_debit=state.account.direct_debit if state.account else None,
        bank_details_policy=state.start.bank_details_policy,
        mandate_route=state.mandate.route,
        gates=_gates(state),
        holders=[
            HolderView(
                person_id=holder.person_id,
                role=holder.role,
                plannr_account=holder.holder.plannr_account,
                platform_client=holder.platform_client,
                details_confirmed_at=holder.facts.details_confirmed_at,
                platform_terms_accepted_before=holder.facts.platform_terms_accepted_before,
                bank_details_given=holder.bank_details_given,
                identity_check=holder.facts.identity_check,
                bank_verification=holder.facts.bank_verification,
            )
            for holder in state.holders.values()
        ],
        documents=state.documents,
        change_requests=state.change_requests,
        records=state.records,
        timeline=state.timeline,
        end_reason=state.ending.reason.value if state.ending and state.stage.is_final else None,
        isa_opened_on=isa_opening(state),
        mandate_failed=state.mandate_failure is not None,
        together=state.start.together.journey_ids if state.start.together else [],
    )


def _gates(state: JourneyState) -> list[GateView]:
    return [
        GateView(
            kind=gate.kind,
            person_id=gate.person_id,
            met=gate.met,
            since=gate.met_at or state.stage_since,
            awaited_from=gate.awaited_from,
            detail=gate.detail,
        )
        for gate in state.gates()
    ]


def client_details(state: JourneyState) -> list[HolderDetailsView]:
    """Return the answer of the query `client_details` (P7)."""
    required = state.start.bank_details_policy == "adviser"
    return [
        HolderDetailsView(
            person_id=holder.person_id,
            details=holder.details,
            missing=holder.missing_details(),
            bank_details_required=required and holder.role.acts and not holder.bank_details_given,
            bank_details_given=holder.bank_details_given,
        )
        for holder in state.holders.values()
    ]


def current_details(state: JourneyState) -> str:
    """Return the operator's page in Markdown: stage, who is awaited since when, gates, next automatic action."""
    shown = progress(state)
    met = sum(gate.met for gate in shown.gates)
    lines = [
        f"**{shown.wrapper.value.upper()}** · stage **{shown.stage.value}** since {_moment(shown.stage_since)}",
        "",
        f"{'▓' * met}{'░' * (len(shown.gates) - met)} {met} of {len(shown.gates)} gates met",
        "",
        f"| Waiting on | **{shown.waiting_on.value}** since {_moment(shown.waiting_since)} |",
        "|---|---|",
        f"| For | {shown.waiting_for} |",
        f"| Next automatic action | {shown.next_action}{_at(shown.next_action_at)} |",
    ]
    lines += [f"| Needs attention | {reason} |" for reason in shown.attention]
    if shown.gates:
        lines += ["", "| Gate | State | From | Since |", "|---|---|---|---|"]
        lines += [
            f"| {gate.kind.value.replace('_', ' ')} | {'met' if gate.met else gate.detail} "
            f"| {gate.awaited_from.value} | {_moment(gate.since)} |"
            for gate in shown.gates
        ]
    return "\n".join(lines)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _at(at: datetime | None) -> str:
    return f" at {_moment(at)}" if at else ""
