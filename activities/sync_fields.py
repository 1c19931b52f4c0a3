"""One comparison, field by field: what differs, what settles it, and what our own record remembers of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from activities.sync_values import fingerprint
from domain.masking import mask
from domain.ownership import Act, FieldRule, Memory, Owner, Subject, intended_key, settle
from storage.discrepancies import Finding

_TO_SETTLE: Final = frozenset({Act.TO_PLATFORM, Act.TO_PLANNR, Act.PERSON})


def sending_key(field_name: str) -> str:
    """Return under which key a record's bases hold what Onward is about to write to the platform."""
    return f"{field_name}:sending"


def refused_key(field_name: str) -> str:
    """Return under which key a record's bases hold a value that the other system refused, until it is another one."""
    return f"{field_name}:refused"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found.

    Attributes:
        acts: What each field that differs leads to; `link`, `plan` and `record` stand for whole records.
        findings: Every difference that somebody has to settle, with what settles it.
        bases: Our own record's new memory: the fingerprints of what both agree on, and what stood there of the rest.
        stopped: Fields that a person's amendment stops, now or before (P3).
        held: Fields that wait for a person from now on, because neither value may be carried over.
        values: The fingerprint of each value that a write would carry over.
        replaced: The fingerprint of what stands in Plannr where a write there would replace it.
        arrived: Fields in which a write that was cut off before it was recorded has arrived, and where.
    """

    acts: dict[str, Act] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    arrived: dict[str, Act] = field(default_factory=dict)

    def fields(self, act: Act) -> list[str]:
        """Return the fields of which this becomes."""
        return sorted(name for name, each in self.acts.items() if each is act)


@dataclass(frozen=True, slots=True)
class Pair:
    """A field's value in the two systems: to be compared, and to be shown."""

    platform: str | None
    plannr: str | None
    platform_shown: str | None
    plannr_shown: str | None

    @classmethod
    def of_plain(cls, platform: str | None, plannr: str | None) -> "Pair":
        """Return a field whose values need no other form to be compared."""
        return cls(platform, plannr, platform, plannr)


@dataclass(frozen=True, slots=True)
class About:
    """Which client or account a comparison is about."""

    subject: Subject
    platform_id: str
    plannr_id: str | None
    firm: str | None

    def finding(self, name: str, owner: Owner, act: Act, platform: str | None, plannr: str | None) -> Finding:
        """Return a difference in one field, its values masked."""
        return Finding(
            subject=self.subject,
            platform_id=self.platform_id,
            plannr_id=self.plannr_id,
            firm=self.firm,
            field=name,
            owner=owner,
            proposal=act,
            platform_value=mask(name, platform),
            plannr_value=mask(name, plannr),
        )

    def whole(
        self, name: str, act: Act, platform: str | None, plannr: str | None, *, candidates: Sequence[str] = ()
    ) -> Compared:
        """Return the comparison of a whole record or link, which this settles."""
        owner = Owner.PERSON if act is Act.PERSON else Owner.PLATFORM
        finding = replace(self.finding(name, owner, act, platform, plannr), candidates=tuple(candidates))
        return Compared(acts={name: act}, findings=[finding])


@dataclass(frozen=True, slots=True)
class Known:
    """What our own record says of all fields."""

    bases: Mapping[str, str]
    held: Collection[str] = ()
    stopped: Collection[str] = ()
    first_meeting: bool = False

    def memory(self, name: str) -> Memory:
        """Return what it says of one field."""
        return Memory(
            base=self.bases.get(name),
            intended=self.bases.get(intended_key(name)),
            held=name in self.held,
            stopped=name in self.stopped,
        )


def compare_fields(
    rules: Sequence[FieldRule], pairs: Mapping[str, Pair], known: Known, about: About, *, key: bytes
) -> Compared:
    """Settle each field that the rules name and that has values; `key` is that of the fingerprints."""
    compared = Compared()
    for rule in rules:
        pair = pairs.get(rule.field)
        if pair is None:
            continue
        platform = fingerprint(key, rule.field, pair.platform)
        if pair.platform == pair.plannr:
            _agreed(compared, rule.field, platform, known)
            continue
        plannr = fingerprint(key, rule.field, pair.plannr)
        act = _settled(compared, rule, platform, plannr, known)
        if act is not Act.NOTHING:
            compared.acts[rule.field] = act
        if act in _TO_SETTLE:
            compared.findings.append(about.finding(rule.field, rule.owner, act, pair.platform_shown, pair.plannr_shown))
    return compared


def _settled(compared: Compared, rule: FieldRule, platform: str | None, plannr: str | None, known: Known) -> Act:
    """Return what a difference leads to, and remember what is known of the field."""
    name = rule.field
    for key in (name, intended_key(name)):
        # What was intended is still needed: it may have arrived, although another value is right by now.
        if key in known.bases:
            compared.bases[key] = known.bases[key]
    act = settle(rule, platform=platform, plannr=plannr, memory=known.memory(name), first_meeting=known.first_meeting)
    if act is Act.PERSON:
        compared.held.add(name)
    value = {Act.TO_PLATFORM: plannr, Act.TO_PLANNR: platform}.get(act)
    if value is None:
        return act
    if known.bases.get(refused_key(name)) == value:
        compared.bases[refused_key(name)] = value
        return Act.PERSON
    compared.values[name] = value
    if act is Act.TO_PLANNR and plannr is not None:
        compared.replaced[name] = plannr
    return act


def _agreed(compared: Compared, name: str, value: str | None, known: Known) -> None:
    if value is None:
        return
    compared.bases[name] = value
    for key, act in ((sending_key(name), Act.TO_PLATFORM), (intended_key(name), Act.TO_PLANNR)):
        if known.bases.get(key) == value:
            compared.arrived[name] = act
