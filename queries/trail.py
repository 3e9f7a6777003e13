"""The trail: one source, its store, and the answers to questions."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ssmtrail.queries.answering import accepted_findings, answering_engine, first_page_of, heat_view, prepare_views
from ssmtrail.queries.completions import values_of
from ssmtrail.queries.counts import cell_of, instance_page, matrix_of, person_page, totals_of, usage_of
from ssmtrail.queries.details import as_of, call_detail, session_detail
from ssmtrail.queries.doors import other_doors
from ssmtrail.queries.drills import of_machine, of_person
from ssmtrail.queries.engine import EitherEvent, SoonEngine
from ssmtrail.queries.errors import Cancelled, SourceError, StoreError, UsageError
from ssmtrail.queries.filters.keys import find_key
from ssmtrail.queries.findings.making import silent_rules
from ssmtrail.queries.first_page import FirstPage
from ssmtrail.queries.ingest.coverage import tally_of
from ssmtrail.queries.ingest.files import FileIntake
from ssmtrail.queries.ingest.intakes import dataset_of, intakes_of
from ssmtrail.queries.ingest.publishing import Work
from ssmtrail.queries.judging import accesses, checked, explained, habits
from ssmtrail.queries.lists import answer
from ssmtrail.queries.model import AS_OF_DAYS, POSSIBLE_HOURS, Plan, Question, Scope, Spendings
from ssmtrail.queries.naming import Naming
from ssmtrail.queries.policy.draft import draft
from ssmtrail.queries.policy.verdict_sql import macros
from ssmtrail.queries.proving import Proving
from ssmtrail.queries.published import Published
from ssmtrail.queries.records import records
from ssmtrail.queries.rows import (
    Call,
    DoorCall,
    Finding,
    MachineSummary,
    Pair,
    PersonSummary,
    Present,
    Rows,
    Session,
    Tunnel,
    UsageBucket,
    as_of_question,
    question_of,
    window_of,
    with_records,
)
from ssmtrail.queries.store.atomic import make_private_folder, scratch_folder
from ssmtrail.queries.store.overlay import opened_store
from ssmtrail.queries.thresholds import DEFAULT_THRESHOLDS, FindingSettings, Thresholds
from ssmtrail.queries.times import Window
from ssmtrail.queries.transcripts.changes import changed_after
from ssmtrail.queries.transcripts.finder import Transcripts
from ssmtrail.queries.trust import DEFAULT_TRUST, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.findings.making import Silent
    from ssmtrail.queries.first_page import PagePlace
    from ssmtrail.queries.ingest.intakes import AnySource
    from ssmtrail.queries.ingest.machine_names import MachineNames
    from ssmtrail.queries.ingest.reports import Reports
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.judging import Check, Explanation
    from ssmtrail.queries.model import (
        Answer,
        CallDetail,
        Connected,
        ConsoleQueryName,
        ConsoleSql,
        Coverage,
        Entity,
        Measure,
        Progress,
        QueryRun,
        Recorded,
        SessionDetail,
        Totals,
    )
    from ssmtrail.queries.policy.access import Policy
    from ssmtrail.queries.policy.uses import Access
    from ssmtrail.queries.records import RawRecord, RecordSource
    from ssmtrail.queries.rows import Moment
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.sources.base import DaySource
    from ssmtrail.queries.sources.several import AnyLive
    from ssmtrail.queries.store.checked_files import Standings
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.transcripts.model import Lookup, SessionFacts
    from ssmtrail.queries.views import AsOf, Breakdown, CellFacts, Heat, Matrix, MatrixOrder, Page, PersonId, Usage

#: Days that a refresh reads of a source that costs money, where nothing else is said.
_PAID_WINDOW: Final = "30d"
_Row = TypeVar("_Row")


def identities_of(source: AnySource) -> tuple[str, ...]:
    """What is read, whoever reads it: one, or one of each source that is answered together with others."""
    return source.identities if source.kind == "several" else (source.identity,)


def _unsearched(source: AnySource) -> tuple[str, ...]:
    """Rules of findings about calls that one of the sources is not searched for."""
    return ("trail",) if any(each.startswith("history:") for each in identities_of(source)) else ()


class Trail:
    """A source, what was read of it, and the answers to questions about it.

    Every method may be called from any thread; every one but `readable` and `source_label` blocks. Methods that take
    `cancelled` raise Cancelled within a second after it is set. `with` closes the trail at the end.
    """

    def __init__(
        self,
        source: AnySource,
        root: Path,
        inventory: Inventory | None = None,
        *,
        look_around_days: int = 1,
        possible_hours: int = POSSIBLE_HOURS,
        trust: Trust = DEFAULT_TRUST,
        policy: Policy | None = None,
        findings: Thresholds = DEFAULT_THRESHOLDS,
        accounts: tuple[str, ...] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        page_place: PagePlace | None = None,
        settings: tuple[str, ...] = (),
        reports: Reports | None = None,
        live: AnyLive | None = None,
        names: MachineNames | None = None,
        transcripts: Transcripts | None = None,
    ) -> None:
        """Use `ssmtrail.open_logs` and its siblings. Raises StoreError where the store cannot be made in `root`."""
        self.source = source
        with ExitStack() as resources:
            store = resources.enter_context(
                opened_store(root, *dict.fromkeys((source.identity, *identities_of(source))))
            )
            root = store.root
            scratch_parent = make_private_folder(root / "scratch")
            # Engines that share a folder for what they spill write into each other's files.
            scratch = resources.enter_context(scratch_folder(scratch_parent))
            self._dataset = dataset_of(root, source, trust)
            self._resources = resources.pop_all()
        self._engine = SoonEngine(partial(answering_engine, scratch, store, inventory, trust, macros(policy, now())))
        self._intakes = intakes_of(source, self._dataset, root, scratch_parent, self._engine, now, look_around_days)
        self._intake, self._days = self._intakes.intake, self._intakes.days
        self._now = now
        self._look_around_days = look_around_days
        self._possible_hours = possible_hours
        self._page_place = page_place
        self._settings = (*settings, *store.words)
        self._may_keep = not store.kept
        self._reports = reports
        self._names = names
        self.live = live
        self.transcripts = transcripts or Transcripts()
        self._scratch_parent = scratch_parent
        self._policy = policy
        self._lock = threading.Lock()
        self._fetch_ended = threading.Condition(self._lock)
        self._closing = threading.Event()
        self._fetches = 0
        self._published = Published(
            self._engine,
            self._dataset,
            scratch,
            self._closing,
            look_around_days,
            converts_former=self._intakes.converts_former,
            has_policy=policy is not None,
            findings=FindingSettings(findings, accepted_findings(policy, now()), accounts, _unsearched(source)),
            naming=Naming(names.kept if names else None),
            proving=Proving(self._folders, others=len(identities_of(source)) > len(self._folders())),
        )

    @property
    def _connection(self) -> DuckDBPyConnection:
        return self._engine()

    @property
    def source_label(self) -> str:
        """A short name of the source for the header: `demo`, `logs /evidence`. May be hostile."""
        return self.source.label

    @property
    def source_identity(self) -> str:
        """What is read, whoever reads it, after its kind: `athena:ACCOUNT:REGION:TABLE`, `files:/evidence`."""
        return self.source.identity

    @property
    def source_identities(self) -> tuple[str, ...]:
        """The same of each source, where several are answered together."""
        return identities_of(self.source)

    @property
    def source_labels(self) -> tuple[str, ...]:
        """The short name of each source, in the order of `source_identities`; coverage and inputs begin with it."""
        return tuple(each.label for each in self._sources)

    @property
    def _sources(self) -> Sequence[Any]:
        """Each source, where several are answered together."""
        members: Sequence[Any] = self.source.members if self.source.kind == "several" else (self.source,)
        return members

    @property
    def keeps_secrets(self) -> bool:
        """Whether records may hold secrets, as a folder was opened with `keep_secrets`."""
        return any(getattr(each, "keeps_secrets", False) for each in self._sources)

    @property
    def unplanned_sources(self) -> Mapping[int, str]:
        """Of several sources those, by number, that the newest plan leaves out as they failed; why, a sentence."""
        return {} if self._intakes.several is None else self._intakes.several.unplanned

    @property
    def failed_sources(self) -> Mapping[int, str]:
        """Of several sources those, by number, that could not be planned or read the last time; why, a sentence."""
        return {} if self._intakes.several is None else self._intakes.several.failed

    @property
    def costs_money(self) -> bool:
        """Whether reading the source is charged for."""
        return self._intakes.costs_money

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Interrupt what runs and free everything; a running fetch ends, and frees its part, within a second.

        Where reading costs money this waits, for a moment, until what runs at the source is stopped there.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        with self._fetch_ended:
            self._fetch_ended.wait_for(lambda: not self._fetches, self._intake.patience)
        self._engine.close()
        self._free_when_closed()

    # Reading the source.

    def refresh(
        self, since: Moment = None, until: Moment = None, *, max_price: float | None = None,
        accept_unproven: bool = False, progress: Callable[[Progress], None] | None = None,
        cancelled: Event | None = None,
    ) -> Progress:  # fmt: skip
        """Read what is new or changed in the source, and return the last progress.

        A source that costs money is read for a window, thirty days where none is given. Raises UsageError, with the
        price, where that is more than `max_price` dollars (where none are given: what the trail was opened with,
        `ask_above`) or unknown, and where it is not proved that only the window's days are read, unless
        `accept_unproven`. What was agreed to is a cap: queries are stopped that scan more. Raises SourceError where the
        source cannot be read; StoreError; Cancelled, where what was whole by then stays.
        """
        stop, agreed = cancelled or Event(), None
        if self._intakes.planned is not None:
            needs_beginning = self.costs_money and not until
            window = window_of(since or (_PAID_WINDOW if needs_beginning else None), until)
            agreed = self.plan(window, stop)
            cost = "at an unknown price" if agreed.price is None else f"for about ${agreed.price:,.2f}"
            what = f"{agreed.objects:,} objects" if agreed.objects else f"{len(agreed.days):,} days"
            what = f"{what} would be {'read' if agreed.objects else 'scanned'} {cost}"
            if agreed.days and agreed.doubt and not accept_unproven:
                raise UsageError(f"{agreed.doubt} {what}: allow it with accept_unproven.")
            if agreed.days and (agreed.ask_first if max_price is None else (agreed.price or 0.0) > max_price):
                raise UsageError(f"{what}: allow it with max_price.")
            if max_price is not None and agreed.price is None and not agreed.reservation:
                if agreed.parts:
                    raise UsageError(f"{what}: give each source its own max_price, or read it alone first.")
                source = cast("DaySource", self.source)
                agreed = replace(agreed, most=source.bytes_for(max_price), most_price=max_price)
        last = self.fetch(progress or (lambda _: None), stop, agreed, early=False)
        if last.state == "cancelled":
            raise Cancelled
        return last

    def fetch(
        self, report: Callable[[Progress], None], cancelled: Event, agreed: Plan | None = None, *, early: bool = True,
        only: frozenset[int] | None = None,
    ) -> Progress:  # fmt: skip
        """Read what is new or changed in the source and return the last progress.

        Of a source that costs money only what was `agreed` to is read, and what is paid for already: without an
        agreement nothing is ever paid. What is whole when `cancelled` is set stays. `early` answers from what was read
        already while reading goes on, for a screen. Of several sources only those are read whose numbers, in the order
        of `source_identities`, are in `only`.
        Raises SourceError when the source cannot be read at all, StoreError.
        """
        if agreed is not None and agreed.days and self.costs_money and not self._may_keep:
            raise StoreError(f"Nothing is bought: {self._settings[-1]}.")
        with self._lock:
            self._fetches += 1
        try:
            stop = EitherEvent(cancelled, self._closing)
            work = Work(self._published.publish, report, stop, self._closing, early, only=only)
            if self._names is None:
                return self._read(work, agreed)
            return self._names.fetch(partial(self._read, agreed=agreed), work, self._published.renew_names)
        finally:
            with self._fetch_ended:
                self._fetches -= 1
                self._fetch_ended.notify_all()
            self._free_when_closed()

    def _read(self, work: Work, agreed: Plan | None) -> Progress:
        """Read the source, and join what was read with the ends that Session Manager reports."""
        if self._reports is None:
            return self._intake.fetch(work, agreed)
        read = partial(self._intake.fetch, agreed=agreed)
        return self._reports.fetch(read, work, self._dataset, self._scratch_parent, self._engine)

    def coverage(self, window: Window) -> Coverage:
        """What was read of the window, day by day; an unbounded window means all days that have data."""
        found = self._intake.coverage(window)
        reports = () if self.source.kind == "history" else self._dataset.reports
        ends = tuple(f"ends {name.rpartition('-')[2]}" for name in reports)
        names = (f"names {digest}",) if (digest := self._published.naming.digest) else ()
        proving = self._published.proving
        checks = (f"integrity {digest}",) if (digest := proving.digest) else ()
        notes = [note for asked in (self._reports, self._names) if asked for note in asked.notes]
        if words := proving.days():
            days = tuple(replace(day, integrity=words.get(day.day)) for day in found.days)
            found = replace(found, days=days)
        settings = (*self._settings, *ends, *names, *checks)
        return replace(found, settings=settings, notes=(*found.notes, *notes))

    def standings(self) -> tuple[Standings, ...]:
        """What is kept of checks of integrity, and still counts, of each folder in the order of `source_labels`."""
        return tuple(self._published.proving.standings())

    def _folders(self) -> list[Dataset]:
        """The datasets of the folders and buckets that are answered."""
        if self._intakes.several is not None:
            return self._intakes.several.with_files()
        return [self._dataset] if self.source.kind in ("files", "bucket") else []

    def plan(
        self, window: Window, cancelled: Event, *, refresh: bool = False, again: int = 0, renew: bool = False,
        report: Callable[[Progress], None] = lambda _: None, only: frozenset[int] | None = None,
    ) -> Plan:  # fmt: skip
        """What a window would read and cost; no days where a source is read as a whole, or is not among `only`.

        `refresh` reads open days again however young their copy is, `again` so many of the last days although they
        were read before, `renew` the days that were read with an older extraction set. `report` is told how
        many folders of a table are listed, of how many.
        Raises SourceError, UsageError (a window without a beginning), Cancelled.
        """
        if self._intakes.planned is None:
            return Plan(self._now())
        stop = EitherEvent(cancelled, self._closing)
        if self._intakes.several is not None and only is not None:
            return self._intakes.several.plan(window, stop, only=only, refresh=refresh, report=report)
        return self._intakes.planned.plan(window, stop, refresh=refresh, again=again, renew=renew, report=report)

    def plan_again(self, key: str, cancelled: Event) -> Plan:
        """What it would cost to read the days that a query, by its key, did not bring and no other has brought since.

        Raises SourceError, UsageError, Cancelled.
        """
        if self._days is None:
            return Plan(self._now())
        return self._days.plan_again(key, EitherEvent(cancelled, self._closing))

    def queries(self) -> tuple[QueryRun, ...]:
        """Every query that ran or runs at the source, the newest first; also those of earlier processes."""
        return () if self._days is None else self._days.queries()

    def spendings(self) -> Spendings:
        """What the queries of all tables of the store cost today and this month, by caller and table."""
        return Spendings(self._now().date()) if self._days is None else self._days.spendings()

    @property
    def asks_aws(self) -> bool:
        """Whether each reading asks Session Manager for ends, or AWS for names."""
        return any(each is not None and each.asked is not None for each in (self._reports, self._names))

    def stop_query(self, key: str) -> None:
        """Stop a query that this process runs; its days fail, the others go on."""
        if self._days is not None:
            self._days.stop(key)

    def console_sql(self, name: ConsoleQueryName, scope: Scope, cancelled: Event, *, unit: Unit = "day") -> ConsoleSql:
        """A question as SQL for Athena's console; it scans nothing, but may read the table's description.

        Terms that need names or environments are left out, with a note. Another source than Athena gives the SQL for
        the table that AWS documents. Raises FilterError for a term that calls cannot have, UsageError, SourceError,
        Cancelled.
        """
        days = self._look_around_days
        if self._days is None:
            from ssmtrail.queries.sources.athena.console_queries import placeholder_sql

            return placeholder_sql(name, scope, unit=unit, look_around_days=days, trust=self._dataset.trust)
        if len(self.source_identities) > 1:
            raise UsageError("SQL asks one table, and several sources are open: open the table alone.")
        source = cast("DaySource", self.source)
        stopped = EitherEvent(cancelled, self._closing)
        return source.console_sql(name, scope, unit, days, self._dataset.trust, stopped)

    # Typed rows, for programs.

    def sessions(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), cancelled: Event | None = None,
    ) -> Rows[Session]:  # fmt: skip
        """The sessions of a window, the newest first.

        `where` is a filter, `zone` gives `hour:`, `day:` and dates without an offset their meaning, `sort` names
        columns, downwards after `-`. This and its siblings raise UsageError, FilterError.
        """
        return self._rows(Session, question_of("sessions", where, since, until, zone, sort), cancelled)

    def calls(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), cancelled: Event | None = None,
    ) -> Rows[Call]:  # fmt: skip
        """The single calls of sessions, the newest first."""
        return self._rows(Call, question_of("calls", where, since, until, zone, sort), cancelled)

    def pairs(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), measure: Measure = "sessions", cancelled: Event | None = None,
    ) -> Rows[Pair]:  # fmt: skip
        """Who was on which machine how often, the most by `measure` first."""
        return self._rows(Pair, question_of("pairs", where, since, until, zone, sort, measure), cancelled)

    def usage(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), unit: Unit = "day", cancelled: Event | None = None,
    ) -> Rows[UsageBucket]:  # fmt: skip
        """How much was used by hour, day, week or month, the oldest first, with empty ones."""
        question = question_of("usage", where, since, until, zone, sort, unit=unit)
        return self._rows(UsageBucket, question, cancelled)

    def people(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), measure: Measure = "sessions", cancelled: Event | None = None,
    ) -> Rows[PersonSummary]:  # fmt: skip
        """One row a person and account, the most by `measure` first."""
        return self._rows(PersonSummary, question_of("people", where, since, until, zone, sort, measure), cancelled)

    def machines(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), measure: Measure = "sessions", cancelled: Event | None = None,
    ) -> Rows[MachineSummary]:  # fmt: skip
        """One row a machine, the most by `measure` first."""
        question = question_of("instances", where, since, until, zone, sort, measure)
        return self._rows(MachineSummary, question, cancelled)

    def tunnels(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), measure: Measure = "sessions", cancelled: Event | None = None,
    ) -> Rows[Tunnel]:  # fmt: skip
        """Where port forwarding led: one row a destination and kind, the most by `measure` first."""
        return self._rows(Tunnel, question_of("tunnels", where, since, until, zone, sort, measure), cancelled)

    def doors(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), cancelled: Event | None = None,
    ) -> Rows[DoorCall]:  # fmt: skip
        """The calls of other doors than Session Manager: one row a call, the newest first."""
        return self._rows(DoorCall, question_of("doors", where, since, until, zone, sort), cancelled)

    def as_of(
        self, at: str | datetime, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), days: int = AS_OF_DAYS, cancelled: Event | None = None,
    ) -> Rows[Present]:  # fmt: skip
        """Who was, or may have been, on a machine at a moment; see `covers`.

        `since` and `until` bound the starts that are looked at: without them those of the `days` before the moment.
        """
        question = as_of_question(at, where, since, until, zone, sort, days, self._possible_hours)
        return self._rows(Present, question, cancelled)

    def covers(self, moment: datetime) -> bool:
        """Whether there are records of a moment (UTC); where there are none, an empty answer means nothing.

        In a folder these are all days from the first to the last with a record of any kind, else the days that were
        read.
        """
        return self._intake.covers(moment)

    def _rows(self, row: type[_Row], question: Question, cancelled: Event | None) -> Rows[_Row]:
        return Rows(question, row, self.ask, cancelled or Event())

    # Answers for screens and printed tables.

    def ask(self, question: Question, cancelled: Event) -> Answer:
        """Answer from what was read. Raises Cancelled, UsageError, StoreError."""
        return self._published.ask(
            lambda snapshot, cursor: answer(self._connection, snapshot, question, cursor), cancelled
        )

    def session(self, key: str, scope: Scope, at: datetime | None = None) -> SessionDetail:
        """Everything about the session with this row key (column `key`); `at` is where it is looked for first.

        Raises UsageError, StoreError.
        """
        hours = self._possible_hours
        return self._published.find(
            lambda snapshot: session_detail(self._connection, snapshot, key, scope, at, hours), self._closing
        )

    def call(self, key: str, scope: Scope) -> CallDetail:
        """One call with its record, by the row key (column `key`) of the `calls` question.

        Raises UsageError, StoreError.
        """
        return self._published.find(lambda snapshot: call_detail(self._connection, snapshot, key, scope), self._closing)

    def readable(self, scope: Scope) -> Scope:
        """The scope of a drill-down in pleasant words: `person:jane` for `person:=jane`.

        Only where both mean the same, because no other name is spelled alike. Does not block.
        """
        snapshot = self._published.newest
        return snapshot.index.readable(scope) if snapshot else scope

    def totals(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Totals:
        """The figures above every screen, the same on all of them: `rows` are the started sessions of the scope.

        By the other measure `rows` are its calls. `people` and `machines` are those that the lists of people and of
        machines name: whoever started a session, was refused, or made a call. Costs nothing after another view of
        the scope. Raises Cancelled, StoreError, UsageError for a filter that only sessions, or only calls, can have.
        """
        return self._published.ask(lambda snapshot, cursor: totals_of(snapshot, cursor, scope, measure), cancelled)

    def values(
        self, scope: Scope, key: str, start: str, cancelled: Event, *, entity: Entity = "sessions", most: int = 8
    ) -> tuple[tuple[str, int], ...]:
        """Values of a filter key that begin with a text, in any case, with the rows of each; the most frequent first.

        Raises Cancelled, StoreError, UsageError for a filter that these rows cannot have.
        """
        found = find_key(key)
        if found is None:
            return ()
        return self._published.ask(
            lambda snapshot, cursor: values_of(snapshot, cursor, entity, scope, found, start, most), cancelled
        )

    def matrix(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", order: MatrixOrder = "most",
        turned: bool = False,
    ) -> Matrix:  # fmt: skip
        """Who was on which machine how often; `turned` has machines down. Raises Cancelled, UsageError, StoreError."""
        return self._published.ask(
            lambda snapshot, cursor: matrix_of(snapshot, cursor, scope, measure, order, turned=turned), cancelled
        )

    def cell(self, scope: Scope, who: PersonId, target: str | None, cancelled: Event) -> CellFacts:
        """The numbers of one cell of the scope's matrix, all zeros where it is empty."""
        return self._published.ask(lambda snapshot, cursor: cell_of(snapshot, cursor, scope, who, target), cancelled)

    def chart(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", unit: Unit = "day",
        breakdown: Breakdown = "none",
    ) -> Usage:  # fmt: skip
        """Usage over time in bars, broken down. Raises Cancelled, UsageError (too many bars), StoreError."""
        wanted = (scope, measure, unit, breakdown)
        return self._published.ask(
            lambda snapshot, cursor: snapshot.index.view("usage", wanted, lambda: usage_of(snapshot, cursor, *wanted)),
            cancelled,
        )

    def heat(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Heat:
        """Usage by weekday and hour, with the people and machines that have most of it."""
        return self._published.ask(lambda snapshot, cursor: heat_view(snapshot, cursor, scope, measure), cancelled)

    def person(self, who: PersonId, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A person's numbers in a scope. Raises UsageError when the scope has nothing of them."""

        def found(snapshot: Snapshot, cursor: DuckDBPyConnection) -> Page:
            page = person_page(snapshot, cursor, who, scope, measure)
            return replace(page, doors=other_doors(snapshot, cursor, of_person(scope, who)))

        return self._published.ask(found, cancelled)

    def instance(self, target: str | None, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A machine's numbers in a scope. Raises UsageError when the scope has nothing of it."""

        def found(snapshot: Snapshot, cursor: DuckDBPyConnection) -> Page:
            page = instance_page(snapshot, cursor, target, scope, measure)
            return replace(page, doors=other_doors(snapshot, cursor, of_machine(scope, target)))

        return self._published.ask(found, cancelled)

    def other_doors(self, scope: Scope, cancelled: Event) -> tuple[tuple[str, int], ...]:
        """Visits through other doors, which answers about sessions do not have: door and number, the most first.

        A visit that is a session is not among them. Terms of the filter that doors cannot have are left out.
        Raises Cancelled, StoreError.
        """
        return self._published.ask(lambda snapshot, cursor: other_doors(snapshot, cursor, scope), cancelled)

    def each_record(
        self, question: Recorded, scope: Scope, cancelled: Event, take: Callable[[RawRecord], None]
    ) -> None:
        """Give `take` the raw records of every event that the rows of a question name, the oldest first.

        Raises Cancelled, StoreError, UsageError; SourceError where what is kept changes meanwhile.
        """
        taken = 0

        def found(snapshot: Snapshot, cursor: DuckDBPyConnection) -> None:
            nonlocal taken
            if taken:
                raise SourceError("What is kept was changed while it was read: ask again.")
            for record in records(snapshot, cursor, question, scope, self._record_source):
                taken += 1
                take(record)

        self._published.ask(found, cancelled)

    def _record_source(self, segment: str) -> RecordSource:
        """Where the records of a segment come from that have a text of their own."""
        several = self._intakes.several
        kind = self._dataset.kind if several is None else several.kind_of(segment)
        return "file" if kind == "files" else "s3" if kind == "s3" else "history"

    def inputs(self) -> tuple[tuple[str, int, str], ...]:
        """The files that were read, by path: path below the folder, bytes, SHA-256 (empty where unknown).

        Empty where the source is no folder; of several folders each path begins with the label of its folder.
        Raises StoreError where another process removed what is kept of them.
        """
        several = self._intakes.several
        if several is not None:
            folders = [(f"{label}: ", dataset.segments()) for label, dataset in several.inputs()]
        elif isinstance(self._intake, FileIntake):
            folders = [("", self._dataset.segments())]
        else:
            return ()
        self._published.require(self._dataset.names() if several is None else several.names())
        found: list[tuple[str, int, str]] = []
        for start, segments in folders:
            for files in (segment.files for segment in segments):
                paths = (f"{start}{path}" for path in files.paths)
                found += zip(paths, files.sizes, files.sha256s or [""] * len(files.paths), strict=True)
        return tuple(sorted(found))

    # Findings and the access policy.

    def findings(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        sort: str | Sequence[str] = (), cancelled: Event | None = None,
    ) -> Rows[Finding]:  # fmt: skip
        """What deserves a look, the most severe and the rarest first; see `silent_rules`."""
        return self._rows(Finding, question_of("findings", where, since, until, zone, sort), cancelled)

    def silent_rules(self, window: Window, cancelled: Event) -> tuple[Silent, ...]:
        """The rules that could not look, or not on every day of a window, and why. Raises Cancelled, StoreError."""
        return self._published.ask(lambda snapshot, cursor: silent_rules(snapshot, cursor, window), cancelled)

    @property
    def policy(self) -> Policy | None:
        """The access policy that sessions are judged by."""
        return self._policy

    def check(
        self, where: str = "", since: Moment = None, until: Moment = None, *, zone: str = "UTC",
        cancelled: Event | None = None,
    ) -> Check:  # fmt: skip
        """How many sessions and refused calls of a window have which verdict, and which rules allowed nothing.

        Its rows are those of `sessions` with a filter such as `policy:violation`. Raises UsageError without a policy.
        """
        scope = question_of("sessions", where, since, until, zone, ()).scope
        return self.check_scope(scope, cancelled or Event())

    def check_scope(self, scope: Scope, cancelled: Event) -> Check:
        """The same of a scope."""
        policy = self._required_policy()
        return self._published.ask(lambda snapshot, cursor: checked(snapshot, cursor, scope, policy), cancelled)

    def explain(self, session: str, scope: Scope, cancelled: Event) -> Explanation:
        """A session, by its id or its first event id, and how each rule answers it. Raises UsageError, StoreError."""
        policy = self._required_policy()
        return self._published.ask(
            lambda snapshot, cursor: explained(snapshot, cursor, scope, policy, session), cancelled
        )

    def draft_policy(self, scope: Scope, cancelled: Event) -> str:
        """A policy that allows what happened in a scope, as the text of an `access.toml` to be pruned."""
        found = self._published.ask(lambda snapshot, cursor: habits(snapshot, cursor, scope), cancelled)
        return draft(found, scope.window.label(scope.zone))

    def accesses(self, scope: Scope, cancelled: Event, *, unjudged: bool = False) -> tuple[Access, ...]:
        """Who reached which environment in which role: the rows of a review, by person.

        `unjudged` gives only what the policy cannot judge, by reason; without a policy whose starter is not proved.
        Raises Cancelled, StoreError, FilterError.
        """
        has_policy = self._policy is not None
        return self._published.ask(
            lambda snapshot, cursor: accesses(snapshot, cursor, scope, has_policy=has_policy, unjudged=unjudged),
            cancelled,
        )

    def _required_policy(self) -> Policy:
        if self._policy is None:
            raise UsageError("There is no access policy: name one with --policy, or in the configuration.")
        return self._policy

    def machine_as_of(self, target: str, moment: datetime, scope: Scope, cancelled: Event) -> AsOf:
        """Who was on a machine about a moment (UTC), ignoring the filter; joined as the scope's window joins."""
        possible, covered = timedelta(hours=self._possible_hours), self.covers(moment)
        return self._published.ask(
            lambda snapshot, cursor: as_of(snapshot, cursor, target, moment, scope, possible, covered=covered),
            cancelled,
        )

    @property
    def can_ask_who_is_on(self) -> bool:
        """Whether the source has AWS credentials, by which Session Manager can be asked."""
        return self.live is not None

    def connected(self, cancelled: Event) -> Connected:
        """Whose sessions are connected at this minute, with what the records that were read say of each.

        Raises UsageError where the source has no AWS credentials, SourceError, StoreError, Cancelled.
        """
        if self.live is None:
            raise UsageError(
                "Session Manager says who is connected now, and this source has no AWS credentials: open event "
                "history, a bucket or a table, or a folder with --ends."
            )
        found = self.live.ask(EitherEvent(cancelled, self._closing))
        return replace(found, sessions=with_records(found.sessions, self.ask, cancelled))

    def transcript(self, session: SessionFacts, cancelled: Event, among: Transcripts | None = None) -> Lookup:
        """The state of a session's transcript, and the copy that can be read.

        `among` is `transcripts.for_many()`, where many are looked up in a row.
        What AWS's times of it say of the session's end is kept, and counts from the next reading on.
        What is opened is to be noted with `transcripts.note_opening`. Raises SourceError, StoreError, Cancelled.
        """
        changed = partial(changed_after, self.ask)
        finder, stop = among or self.transcripts, EitherEvent(cancelled, self._closing)
        found = finder.look_up(session, changed, stop)
        bounds = finder.keep_bounds(session, found.copy, stop) if found.copy is not None else ""
        return replace(found, notes=(*found.notes, bounds)) if bounds else found

    def prepare(self, cancelled: Event) -> None:
        """Make what the first counting views need, so that they open as fast as later ones; keep the first page.

        Worth calling after every new snapshot when nothing else is asked. Raises Cancelled, StoreError.
        """
        if self._page_place is not None:
            with suppress(OSError):  # without the page, the next start waits for the engine
                self._keep_first_page(self._page_place, cancelled)
        self._published.ask(prepare_views, cancelled)

    def _keep_first_page(self, place: PagePlace, cancelled: Event) -> None:
        """Keep the first page, unless it is kept or the store changes meanwhile."""
        key = place.key()
        if place.has(key):
            return
        names, totals, rows = self._published.ask(first_page_of, cancelled)
        page = FirstPage(totals, rows, tally_of(self._dataset.segments()))
        if names == self._dataset.names() and place.key() == key:
            place.write(key, page)

    def _free_when_closed(self) -> None:
        with self._lock:
            free = self._closing.is_set() and not self._fetches
        if free:
            self._resources.close()
