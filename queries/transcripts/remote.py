"""Transcripts where Session Manager and ECS write them: S3, CloudWatch Logs.

Sources: amazon-ssm-agent 3.3 (keys, streams), the service models of botocore. Not tried on a live account.
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.sources.history.bounds import Bounds
from ssmtrail.queries.sources.s3.bucket import Bucket
from ssmtrail.queries.times import utc_text
from ssmtrail.queries.transcripts.changes import PREFERENCES
from ssmtrail.queries.transcripts.forms import sent_at
from ssmtrail.queries.transcripts.model import ECS_PREFIX, Lookup, Original, SessionFacts
from ssmtrail.queries.transcripts.preferences import Preferences, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from threading import Event

    from ssmtrail.queries.config import TranscriptSettings
    from ssmtrail.queries.sources.history.aws import Account

_Answer = TypeVar("_Answer")
_CHUNK: Final = 1 << 18
#: So long after its last sign of life a session without a known end may still run. Source: the longest
#: `maxSessionDuration` is 1,440 minutes.
_LONGEST: Final = timedelta(minutes=1_440)
#: The agent writes its transcript after the end; so late it is there, usually within seconds.
_DELIVERY: Final = timedelta(minutes=10)
_NO_SUCH_DOCUMENT: Final = ("InvalidDocument", "ResourceNotFoundException", "InvalidDocumentVersion")
_NO_SUCH_OBJECT: Final = ("NoSuchKey", "404")
_ARCHIVED: Final = "InvalidObjectState"
#: Empty pages after which a stream counts as empty.
_EMPTY: Final = 20


@dataclass(frozen=True, slots=True)
class _Miss:
    """A place where the transcript is not."""

    why: str
    is_expired: bool = False
    is_certain: bool = True
    """Whether AWS said that it is not there, and did not just refuse."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to look."""

    preferences: Preferences
    account: Account
    region: str
    notes: tuple[str, ...] = ()
    is_sure: bool = True
    """Whether these places are the ones that the session wrote to."""


@dataclass(frozen=True, slots=True)
class S3Copy:
    """An object in S3, whose body is read once."""

    account: Account
    region: str
    bucket: str
    key: str
    size: int | None
    body: Any
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The answer that has the body."""

    @property
    def origin(self) -> Mapping[str, str | int | None]:
        """Bucket, key and version, and when it was written (UTC)."""
        written = self.facts.get("LastModified")
        return {
            "kind": "s3", "account": self.account.id, "region": self.region, "bucket": self.bucket, "key": self.key,
            "version_id": self.facts.get("VersionId"), "etag": self.facts.get("ETag"),
            "last_modified": utc_text(written.astimezone(UTC)) if written else None,
        }  # fmt: skip

    @property
    def originals(self) -> Sequence[Original]:
        """The object."""
        return [Original(".log", self.chunks)]

    def bounds(self, cancelled: Event) -> Bounds:
        """The machine writes it after the end."""
        del cancelled
        written = self.facts.get("LastModified")
        return Bounds(ended_before=written.astimezone(UTC) if written else None)

    def close(self) -> None:
        """Read no more of the body."""
        self.body.close()

    @property
    def place(self) -> str:
        """`s3://BUCKET/KEY`."""
        return f"s3://{self.bucket}/{self.key}"

    def chunks(self, cancelled: Event) -> Iterator[bytes]:
        """The object. Raises SourceError, Cancelled."""
        try:
            while chunk := self.account.attempt(lambda: self.body.read(_CHUNK), "get_object", self.region):
                if cancelled.is_set():
                    raise Cancelled
                yield chunk
        finally:
            self.body.close()


@dataclass(frozen=True, slots=True)
class StreamCopy:
    """A log stream: messages page by page. A token that repeats is the end; pages may be empty."""

    account: Account
    region: str
    group: str
    stream: str
    first: Mapping[str, Any]
    """The first page."""
    size: int | None = None

    @property
    def origin(self) -> Mapping[str, str | int | None]:
        """The group and the stream."""
        return {
            "kind": "cloudwatch-logs", "account": self.account.id, "region": self.region, "log_group": self.group,
            "log_stream": self.stream,
        }  # fmt: skip

    @property
    def originals(self) -> Sequence[Original]:
        """All events with both of their times, in the form of `aws logs get-log-events`."""
        return [Original(".json", self._events_json)]

    def bounds(self, cancelled: Event) -> Bounds:
        """The last event, where it was streamed, is a sign of life; one that came as a whole file is none."""
        last = self._last(cancelled)
        taken_in = last.get("ingestionTime")
        sent = sent_at(str(last.get("message", "")), self.stream)
        if sent is None or not isinstance(taken_in, int):
            return Bounds()
        return Bounds(min(sent, datetime.fromtimestamp(taken_in / 1_000, UTC)))

    def close(self) -> None:
        """Nothing is open."""

    def _last(self, cancelled: Event) -> Mapping[str, Any]:
        """The last event; empty where there is none."""
        token: dict[str, str] = {}
        for _ in range(_EMPTY):
            page = events_of(
                self.account, self.region, self.group, self.stream, cancelled, startFromHead=False, limit=1, **token
            )
            if page.get("events"):
                return cast("Mapping[str, Any]", page["events"][-1])
            if page.get("nextBackwardToken") in (None, token.get("nextToken")):
                break
            token = {"nextToken": page["nextBackwardToken"]}
        return {}

    @property
    def place(self) -> str:
        """The group and the stream."""
        return f"log group {self.group}, stream {self.stream}, region {self.region}"

    def chunks(self, cancelled: Event) -> Iterator[bytes]:
        """The messages, each ended by a line feed. Raises SourceError, Cancelled."""
        for event in self._events(cancelled):
            yield str(event.get("message", "")).encode("utf-8", "surrogatepass").rstrip(b"\n") + b"\n"

    def _events_json(self, cancelled: Event) -> Iterator[bytes]:
        before = b'{"events": [\n'
        for event in self._events(cancelled):
            yield before + json.dumps(event, sort_keys=True).encode()
            before = b",\n"
        yield b"\n]}\n"

    def _events(self, cancelled: Event) -> Iterator[Mapping[str, Any]]:
        page, token = self.first, None
        while True:
            yield from page.get("events", ())
            if page.get("nextForwardToken") in (None, token):
                return
            token = page["nextForwardToken"]
            page = events_of(self.account, self.region, self.group, self.stream, cancelled, nextToken=token)


def events_of(
    account: Account, region: str, group: str, stream: str, cancelled: Event, **more: str | bool | int
) -> Mapping[str, Any]:  # fmt: skip
    """One page of a log stream, from its beginning unless `startFromHead` is false. Raises AwsError, Cancelled.

    Masked text stays masked.
    """
    wanted = {"logGroupName": group, "logStreamName": stream, "startFromHead": True} | more
    found: Mapping[str, Any] = account.patiently("logs", region, "get_log_events", cancelled, **wanted)
    return found


@dataclass(slots=True)
class AwsTranscripts:
    """Asks AWS. `accounts` finds the accounts whose credentials are at hand, by id."""

    accounts: Callable[[Event], Mapping[str, Account]]
    settings: TranscriptSettings
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _known: Mapping[str, Account] | None = None
    _answers: dict[Hashable, Any] | None = None
    """What AWS said of settings, or the AwsError that it gave instead; None where each session asks anew."""

    def for_many(self) -> AwsTranscripts:
        """The same for many sessions in a row: settings are asked for once."""
        return replace(self, _answers={})

    def _once(self, key: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """What AWS says, or said before. Raises AwsError, Cancelled."""
        if self._answers is None:
            return ask()
        if key not in self._answers:
            try:
                self._answers[key] = ask()
            except AwsError as error:
                self._answers[key] = error
        found = self._answers[key]
        if isinstance(found, AwsError):
            raise found
        return cast("_Answer", found)

    def look_up(self, session: SessionFacts, changed_at: datetime | None, cancelled: Event) -> Lookup:
        """The state of a session's transcript. Raises SourceError where AWS cannot be asked at all, Cancelled."""
        if self._known is None:
            self._known = self.accounts(cancelled)
        accounts = self._known
        place = self.settings.place_of(session.account)
        if place is not None:
            account = accounts.get(place.account or session.account or "") or next(iter(accounts.values()), None)
            region = place.region or session.region
            if account is None or region is None:
                return Lookup("unknown", f"No credentials for account {place.account or session.account} are at hand.")
            chosen = Preferences("", place.bucket or "", place.prefix, place.log_group or "")
            note = "The configuration names the place; the preferences were not asked."
            return self._looked(session, _Target(chosen, account, region, (note,)), changed_at, cancelled)
        own = accounts.get(session.account or "")
        if own is None or session.region is None:
            others = ", ".join(sorted(accounts)) or "none"
            return Lookup(
                "unknown",
                f"The session was in account {session.account or 'unknown'}, and the credentials at hand are of "
                f"{others}: name a profile or role of that account, or the place in [transcripts].",
            )
        try:
            target = self._target(session, own, session.region, cancelled)
        except AwsError as error:
            return Lookup("unknown", f"What is recorded could not be asked: {error}")
        return target if isinstance(target, Lookup) else self._looked(session, target, changed_at, cancelled)

    # Where it should be

    def _target(self, session: SessionFacts, account: Account, region: str, cancelled: Event) -> _Target | Lookup:
        """The places by the settings of AWS, or the state where there are none. Raises AwsError, Cancelled."""
        if (session.session_id or "").startswith(ECS_PREFIX):
            return self._of_ecs(session, account, region, cancelled)
        name = session.document or PREFERENCES
        found = self._preferences(account, region, name, cancelled)
        if found is not None and found.never:
            return Lookup("not recordable", f"Sessions of {name} ({found.session_type}) leave no transcript.")
        notes: tuple[str, ...] = ()
        if name != PREFERENCES and (found is None or not found.has_inputs):
            # Whether the account's settings hold for such a document is not documented.
            notes = (f"The document {name} has no settings of its own: those of the account were looked at.",)
            found = self._preferences(account, region, PREFERENCES, cancelled)
        if found is None:
            why = f"Session Manager was never configured in {region}: there is no document {PREFERENCES}."
            return Lookup("not configured", why, None, notes)
        return _Target(found, account, region, (*notes, *found.words), is_sure=not notes and not found.unresolved)

    def _preferences(self, account: Account, region: str, name: str, cancelled: Event) -> Preferences | None:
        return self._once((account.id, region, name), lambda: _preferences(account, region, name, cancelled))

    def _of_ecs(self, session: SessionFacts, account: Account, region: str, cancelled: Event) -> _Target | Lookup:
        cluster = (session.target or "").removeprefix("ecs:").partition("_")[0]
        if not cluster:
            return Lookup("unknown", "The records do not name the cluster of ECS, whose settings say what is recorded.")
        answer: Mapping[str, Any] = self._once(
            ("cluster", account.id, region, cluster),
            lambda: account.patiently(
                "ecs", region, "describe_clusters", cancelled, clusters=[cluster], include=["CONFIGURATIONS"]
            ),
        )
        found = next(iter(answer.get("clusters", ())), None)
        if found is None:
            return Lookup("unknown", f"There is no cluster {cluster} any more, whose settings say what was recorded.")
        command = found.get("configuration", {}).get("executeCommandConfiguration", {})
        where, given = command.get("logging", "DEFAULT"), command.get("logConfiguration", {})
        if where == "NONE":
            return Lookup("not configured", f"The cluster {cluster} records no commands (logging NONE).")
        if where == "DEFAULT":
            why = "goes into the log of the task itself (logging DEFAULT), where it cannot be told from the program's."
            return Lookup("unknown", f"In the cluster {cluster} the text {why}")
        preferences = Preferences(
            "", given.get("s3BucketName", ""), given.get("s3KeyPrefix", ""), given.get("cloudWatchLogGroupName", "")
        )
        return _Target(preferences, account, region)

    # Looking there

    def _looked(
        self, session: SessionFacts, target: _Target, changed_at: datetime | None, cancelled: Event
    ) -> Lookup:  # fmt: skip
        preferences, name = target.preferences, session.session_id or ""
        changed = (
            f"The preferences were changed at {utc_text(changed_at)}, after it began: they may have been others."
            if changed_at else ""
        )  # fmt: skip
        notes = (*target.notes, *((changed,) if changed else ()))
        if not preferences.is_recorded:
            is_sure = target.is_sure and not changed
            why = "The preferences of now name neither a bucket nor a log group."
            return Lookup("not configured" if is_sure else "unknown", why, None, notes)
        misses: list[_Miss] = []
        looks: list[Callable[[SessionFacts, _Target, str, Event], Lookup | _Miss]] = [
            *([self._in_bucket] if preferences.bucket else ()),
            *([self._in_log_group] if preferences.log_group else ()),
        ]
        if preferences.streams:
            looks.reverse()  # streamed lines have times
        for look in looks:
            found = look(session, target, name, cancelled)
            if not isinstance(found, _Miss):
                also = tuple(f"Not in the other place: {miss.why}" for miss in misses)
                return replace(found, notes=(*notes, *also))
            misses.append(found)
        return replace(self._missed(session, target, misses, changed), notes=notes)

    def _missed(self, session: SessionFacts, target: _Target, misses: list[_Miss], changed: str) -> Lookup:
        """The state of a transcript that is in none of the places."""
        why = " ".join(miss.why for miss in misses)
        if not all(miss.is_certain for miss in misses):
            return Lookup("unknown", why)
        if any(miss.is_expired for miss in misses):
            return Lookup("expired", why)
        longest = timedelta(minutes=target.preferences.longest_minutes or 0) or _LONGEST
        alive = session.alive_at or session.started_at
        over = session.ended_at or (alive + longest if alive else None)
        if over is None or over + _DELIVERY > self.now():
            return Lookup("unknown", f"{why} The session may still run, and the machine writes most at its end.")
        if not target.is_sure or changed:
            return Lookup("unknown", why)
        return Lookup(
            "expected but not found",
            f"{why} The machine could not write it (no permission, no disk, stopped at once), or it was deleted.",
        )

    def _in_bucket(self, session: SessionFacts, target: _Target, name: str, cancelled: Event) -> Lookup | _Miss:
        bucket = target.preferences.bucket
        key = posixpath.normpath(posixpath.join(target.preferences.prefix, f"{name.replace(':', '')}.log")).lstrip("/")
        try:
            region = self._once(
                ("bucket", target.account.id, bucket),
                lambda: Bucket(target.account, bucket, cancelled, request_payer=False).region,
            )
            answer = target.account.patiently("s3", region, "get_object", cancelled, Bucket=bucket, Key=key)
        except AwsError as error:
            return self._no_object(error, session, target, f"s3://{bucket}/{key}", key, cancelled)
        copy = S3Copy(target.account, region, bucket, key, answer.get("ContentLength"), answer["Body"], answer)
        written = answer.get("LastModified")
        when = f", written at {utc_text(written.astimezone(UTC))}: the session ended before" if written else ""
        return Lookup("recorded", f"{copy.place}{when}.", copy)

    def _no_object(
        self, error: AwsError, session: SessionFacts, target: _Target, place: str, key: str, cancelled: Event
    ) -> Lookup | _Miss:
        if _code(error) == _ARCHIVED:
            return Lookup("recorded", f"{place} is archived: restore the object first.")
        if _code(error) in _NO_SUCH_OBJECT:
            response = getattr(error.__cause__, "response", {}).get("ResponseMetadata", {})
            if "x-amz-delete-marker" in response.get("HTTPHeaders", {}):
                return _Miss(f"{place} was deleted: a delete marker is in its place.")
            days = _kept_days(target.account, target.preferences.bucket, key, cancelled)
            if days and _is_older(session, days, self.now()):
                return _Miss(f"{place} is not there; the bucket deletes after {days} days.", is_expired=True)
            return _Miss(f"There is no object {place}.")
        if error.is_denied:
            why = f"{place}: denied, or not there: without s3:ListBucket S3 does not say which."
            return _Miss(why, is_certain=False)
        return _Miss(f"{place}: {error}", is_certain=str(error).startswith("There is no bucket"))

    def _in_log_group(self, session: SessionFacts, target: _Target, name: str, cancelled: Event) -> Lookup | _Miss:
        group = target.preferences.log_group
        try:
            page = events_of(target.account, target.region, group, name, cancelled)
            token, empty = None, 0
            while not page.get("events") and page.get("nextForwardToken") not in (None, token) and empty < _EMPTY:
                token, empty = page["nextForwardToken"], empty + 1
                page = events_of(target.account, target.region, group, name, cancelled, nextToken=token)
        except AwsError as error:
            if _code(error) != "ResourceNotFoundException":
                return _Miss(f"log group {group}: {error}", is_certain=False)
            page = {}
        if page.get("events"):
            copy = StreamCopy(target.account, target.region, group, name, page)
            return Lookup("recorded", f"{copy.place}.", copy)
        return self._no_stream(session, target, group, name, cancelled)

    def _no_stream(
        self, session: SessionFacts, target: _Target, group: str, name: str, cancelled: Event
    ) -> _Miss:  # fmt: skip
        try:
            answer = target.account.patiently(
                "logs", target.region, "describe_log_groups", cancelled, logGroupNamePrefix=group
            )
        except AwsError:
            why = f"No stream {name} is in the log group {group}, whose retention could not be asked."
            return _Miss(why, is_certain=False)
        found = next((each for each in answer.get("logGroups", ()) if each.get("logGroupName") == group), None)
        if found is None:
            return _Miss(f"There is no log group {group} in {target.region}.")
        days = found.get("retentionInDays")
        if days and _is_older(session, days, self.now()):
            why = f"No stream {name} is in the log group {group}, which deletes after {days} days."
            return _Miss(why, is_expired=True)
        return _Miss(f"There is no stream {name} in the log group {group}.")


def _preferences(account: Account, region: str, name: str, cancelled: Event) -> Preferences | None:
    """The preferences in a document; None where there is no such document. Raises AwsError, Cancelled."""
    try:
        answer = account.patiently("ssm", region, "get_document", cancelled, Name=name, DocumentFormat="JSON")
    except AwsError as error:
        if _code(error) in _NO_SUCH_DOCUMENT:
            return None
        raise
    return parsed(str(answer.get("Content", "")))


def _kept_days(account: Account, bucket: str, key: str, cancelled: Event) -> int | None:
    """After how many days the bucket deletes objects with this key; None where it does not, or does not say."""
    try:
        answer = account.patiently("s3", account.home, "get_bucket_lifecycle_configuration", cancelled, Bucket=bucket)
    except AwsError:
        return None
    found = []
    for rule in answer.get("Rules", ()):
        within = rule.get("Filter", {})
        prefix = within.get("Prefix") or within.get("And", {}).get("Prefix") or rule.get("Prefix") or ""
        days = rule.get("Expiration", {}).get("Days")
        if rule.get("Status") == "Enabled" and days and key.startswith(prefix) and not _by_tag(within):
            found.append(int(days))
    return min(found, default=None)


def _by_tag(within: Mapping[str, Any]) -> bool:
    return "Tag" in within or bool(within.get("And", {}).get("Tags"))


def _is_older(session: SessionFacts, days: int, now: datetime) -> bool:
    """Whether all of a session was so many days ago."""
    last = session.ended_at or session.alive_at or session.started_at
    return last is not None and last + timedelta(days=days) < now


def _code(error: AwsError) -> str:
    """AWS's own code of an error, which the sentence for the user may stand for several of."""
    response = getattr(error.__cause__, "response", {})
    return str(response.get("Error", {}).get("Code") or error.code)
