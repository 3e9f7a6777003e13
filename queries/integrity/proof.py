"""What digests prove of log files: file by file, and by day, account and region."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args

from ssmtrail.queries.integrity.chains import PROVED, Integrity, Standing, judged
from ssmtrail.queries.integrity.digests import Chain, Digest, LogName, Place, chain_of, digest_time, log_name, name_of
from ssmtrail.queries.integrity.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ssmtrail.queries.integrity.folder import Hashed
    from ssmtrail.queries.integrity.keys import Keys
    from ssmtrail.queries.times import Window

Kind: TypeAlias = Literal["log", "digest"]
#: A log file that is in no digest is called unsigned only where proved digests cover so long after its delivery: a
#: file may be listed an hour late.
_LATE: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Item(NamedTuple):
    """A log file or digest, and what is proved of it."""

    file: str
    """Its path below the folder, or the name of a missing one; may be hostile."""
    kind: Kind
    at: datetime | None
    """When it was delivered; None where its name does not say."""
    place: Place | None
    integrity: Integrity
    why: str = ""
    """A code of `REASONS`."""
    detail: str = ""
    on_disk: str = ""
    """Of a log file that is here: SHA-256 of its bytes on disk; empty where they cannot be read."""


class Listed(NamedTuple):
    """What a digest says of a log file."""

    key: str
    """Its object key; may be hostile."""
    hash: str
    digest: Digest


@dataclass(slots=True)
class Evidence:
    """What is known of a folder, from which `Item`s and days are made."""

    standings: Mapping[Digest, Standing]
    covered: Mapping[Place, Spans]
    """Time that proved digests cover."""
    names: Mapping[str, list[Listed]]
    """Name of a log file to what digests say of it."""
    contents: Mapping[str, str]
    """Hash of a proved log file's content to its name."""
    listed: Mapping[Place, int] = field(default_factory=dict)
    """How many digests there are, proved or not."""

    @classmethod
    def of(cls, digests: Sequence[Digest], keys: Keys) -> Evidence:
        """Judge the digests."""
        standings = judged(digests, keys)
        covered: dict[Place, Spans] = defaultdict(Spans)
        listed: dict[Place, int] = defaultdict(int)
        names: dict[str, list[Listed]] = defaultdict(list)
        contents: dict[str, str] = {}
        for digest in digests:
            proved = standings[digest].integrity == "proved"
            listed[digest.chain.place] += 1
            if proved and not digest.chain.backfill:
                covered[digest.chain.place].add(digest.start, digest.end)
            for key, hash_value in digest.logs:
                name = name_of(key)
                names[name].append(Listed(key, hash_value, digest))
                if proved:
                    contents[hash_value] = name
        return cls(standings, covered, names, contents, listed)

    def proved(self, digest: Digest) -> bool:
        """Whether AWS wrote this digest."""
        return self.standings[digest].integrity == "proved"


class Names(NamedTuple):
    """What the names of a folder's files say."""

    digests: Mapping[str, datetime]
    """Digest to the end of its hour."""
    first_log: Mapping[Place, datetime]
    """When the earliest log file was delivered."""


def items_of_digests(evidence: Evidence, broken: Iterable[Hashed], names: Names, window: Window) -> list[Item]:
    """The digests of a window, and those that are missing."""
    found = [
        Item(digest.path, "digest", _within(digest.at, window), digest.chain.place, *_fields(standing))
        for digest, standing in evidence.standings.items()
        if _touches(digest, window)
    ]
    for each in broken:
        name = name_of(each.path)
        chain, at = chain_of(name), digest_time(name)
        if at is None or not window.contains(at):
            continue
        standing = Standing("changed", "digest-changed", each.odd)
        if each.unread:
            standing = Standing("unproved", "file-unread", each.unread)
        found.append(Item(each.path, "digest", _within(at, window), chain.place if chain else None, *_fields(standing)))
    return found + _missing_digests(evidence, names, window)


def _within(end: datetime, window: Window) -> datetime:
    """A moment of the digest that ends then, in the window."""
    moment = end - timedelta(seconds=1)
    if window.end is not None and moment >= window.end:
        moment = window.end - timedelta(seconds=1)
    return moment if window.start is None else max(moment, window.start)


def _fields(standing: Standing) -> tuple[Integrity, str, str]:
    return standing.integrity, standing.why, standing.detail


def _touches(digest: Digest, window: Window) -> bool:
    return (window.end is None or digest.start < window.end) and (window.start is None or digest.end > window.start)


def _missing_digests(evidence: Evidence, names: Names, window: Window) -> list[Item]:
    """Digests that a proved one names and that are not here; not those from before everything that is here."""
    found: dict[str, Item] = {}
    first = _beginnings(names)
    for digest in evidence.standings:
        name = digest.previous
        if name is None or name in names.digests or not evidence.proved(digest) or not _touches(digest, window):
            continue
        at = digest_time(name) or digest.start
        begins = window.start if window.start is not None else first[digest.chain]
        if at > begins:
            detail = f"{digest.name} names it"
            place = digest.chain.place
            key = digest.content.previous_digest_s3_object or name
            found[name] = Item(key, "digest", _within(at, window), place, "missing", "digest-missing", detail)
    return list(found.values())


def _beginnings(names: Names) -> Mapping[Chain, datetime]:
    """The first trace of each chain: its first digest, or an earlier log file."""
    found: dict[Chain, datetime] = {}
    for name, at in names.digests.items():
        chain = chain_of(name)
        if chain is not None:
            found[chain] = min(at, found.get(chain, at), names.first_log.get(chain.place, at))
    return found


def items_of_logs(
    evidence: Evidence, files: Iterable[Hashed], said: Mapping[str, LogName | None], window: Window
) -> list[Item]:
    """Log files, and those of the window that are missing; `said` is what the name in each path says."""
    here: set[str] = set()
    contents: set[str] = set()
    found = []
    for each in files:
        here.add(name_of(each.path))
        contents.add(each.hash)
        own = said[each.path]
        if own is None:
            if each.has_records and each.hash not in evidence.contents:
                found.append(Item(each.path, "log", None, None, "unproved", "no-name", each.unread, each.on_disk))
            continue
        standing = _standing_of(evidence, each, own.place, own.at)
        found.append(Item(each.path, "log", own.at, own.place, *_fields(standing), each.on_disk))
    for name in evidence.names.keys() - here:
        listed, own = evidence.names[name], log_name(name)
        if own is not None and not window.contains(own.at):
            continue
        by = next((each for each in listed if evidence.proved(each.digest)), None)
        if by is not None and by.hash not in contents:
            place, at = (own.place, own.at) if own else (by.digest.chain.place, by.digest.start)
            found.append(Item(by.key, "log", at, place, "missing", "file-missing", f"{by.digest.name} names it"))
    return found


def _standing_of(evidence: Evidence, file: Hashed, place: Place, at: datetime) -> Standing:
    """What is proved of a log file that is here."""
    if file.unread:
        return Standing("unproved", "file-unread", file.unread)
    if file.odd:
        return Standing("changed", "file-changed", file.odd)
    if file.hash in evidence.contents:
        return PROVED
    listed = evidence.names.get(name_of(file.path), ())
    if any(evidence.proved(each.digest) for each in listed):
        return Standing("changed", "file-changed", "its content has another hash than its digest has")
    if listed:
        return _by_unproved(evidence, file, listed[0].digest)
    spans = evidence.covered.get(place)
    if spans is not None and spans.holds(at, at + _LATE):
        return Standing("unsigned", "file-unsigned", "added, or written by a trail without validation")
    return Standing("unproved", "not-covered" if evidence.listed.get(place) else "no-digests")


def _by_unproved(evidence: Evidence, file: Hashed, digest: Digest) -> Standing:
    why = evidence.standings[digest].why
    agrees = any(each.hash == file.hash for each in evidence.names[name_of(file.path)])
    differs = "" if agrees else ", and its content is not what this digest says"
    return Standing("unproved", why, f"{digest.name} is not proved{differs}")


class DayProof(NamedTuple):
    """A UTC day of an account and region."""

    day: date | None
    """None for files whose names do not say it."""
    account: str | None
    region: str | None
    integrity: Integrity
    hours: int
    """Hours that are complete: proved digests cover them, and all that they name is here, unchanged."""
    files: int
    proved: int
    changed: int
    missing: int
    unsigned: int
    unproved: int
    digests: int
    """Those that are proved."""
    why: tuple[str, ...]
    """Codes of `REASONS`, the worst first; none where the day is whole."""
    uncovered: str | None
    """Time without proved digests: `00:00-05:01 14:01-16:01`."""


_RANK: Final[dict[Integrity, int]] = {each: number for number, each in enumerate(get_args(Integrity))}


def days_of(evidence: Evidence, items: Iterable[Item], window: Window) -> list[DayProof]:
    """A row for each day, account and region between the first and the last trace of it in the window."""
    by_day: dict[tuple[Place | None, date | None], list[Item]] = defaultdict(list)
    for item in items:
        by_day[item.place, item.at.date() if item.at else None].append(item)
    rows = [_unnamed(kept) for (place, day), kept in by_day.items() if place is None or day is None]
    last = max((day for _, day in by_day if day is not None), default=None)
    for place in sorted({place for place, day in by_day if place is not None and day is not None}):
        days = [day for each, day in by_day if each == place and day is not None]
        first = min(days) if window.start is None else window.start.date()
        end = max(days) if window.start is None and window.end is None else last or max(days)
        if window.end is not None:
            end = min(end, (window.end - timedelta(seconds=1)).date())
        while first <= end:
            rows.append(_day(evidence, place, first, by_day.get((place, first), [])))
            first += _DAY
    return sorted(rows, key=lambda row: (row.day or date.min, row.account or "", row.region or ""))


def _unnamed(items: Sequence[Item]) -> DayProof:
    place = items[0].place
    return _row(None, place, items, 0, (), None)


def _day(evidence: Evidence, place: Place, day: date, items: Sequence[Item]) -> DayProof:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    spans = evidence.covered.get(place) or Spans()
    bad = {item.at.hour for item in items if item.integrity != "proved" and item.at is not None}
    hour = timedelta(hours=1)
    hours = sum(
        number not in bad and spans.holds(start + number * hour, start + (number + 1) * hour) for number in range(24)
    )
    holes = spans.holes(start, start + _DAY)
    codes = []
    if holes and not evidence.listed.get(place):
        codes.append("no-digests")
    elif holes:
        inner = [each for each in holes if spans.is_between(*each)]
        codes += ["gap"] if inner else []
        codes += ["not-covered"] if len(inner) < len(holes) else []
    return _row(day, place, items, hours, codes, _holes_text(holes, start + _DAY))


def _row(
    day: date | None, place: Place | None, items: Sequence[Item], hours: int, codes: Sequence[str], holes: str | None
) -> DayProof:
    logs: dict[str, int] = defaultdict(int)
    for item in items:
        if item.kind == "log":
            logs[item.integrity] += 1
    worst: Integrity = min((item.integrity for item in items), key=_RANK.__getitem__, default="proved")
    if codes and worst == "proved":
        worst = "unproved"
    ordered = sorted((item for item in items if item.why), key=lambda item: _RANK[item.integrity])
    return DayProof(
        day,
        place.account if place else None,
        place.region if place else None,
        worst,
        hours,
        sum(logs.values()) - logs["missing"],
        logs["proved"],
        logs["changed"],
        logs["missing"],
        logs["unsigned"],
        logs["unproved"],
        sum(item.kind == "digest" and item.integrity == "proved" for item in items),
        tuple(dict.fromkeys([*(item.why for item in ordered), *codes])),
        holes,
    )


def _holes_text(holes: Sequence[tuple[datetime, datetime]], midnight: datetime) -> str | None:
    def text(moment: datetime) -> str:
        return "24:00" if moment == midnight else moment.strftime("%H:%M")

    return " ".join(f"{text(start)}-{text(end)}" for start, end in holes) or None
