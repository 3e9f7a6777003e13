"""`ssmtrail init`: five questions on the terminal, and a configuration file with comments."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ssmtrail.queries.config import Settings, config_path
from ssmtrail.queries.errors import TrailError, UsageError
from ssmtrail.queries.inventory import Inventory
from ssmtrail.queries.paths import home_path
from ssmtrail.queries.policy.reading import read_policy
from ssmtrail.queries.store.atomic import store_errors, write_private
from ssmtrail.queries.times import local_zone_name, zone_name
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.cli.config import config_lines
from ssmtrail.tui.cli.console import ANSWERED, INTERRUPTED, Console, Signalled, signals_raised
from ssmtrail.tui.launch import refuse_missing
from ssmtrail.tui.saved_views import SavedView, ViewFiles, toml_text, toml_value
from ssmtrail.tui.source_words import choice_of
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_T = TypeVar("_T")

#: The answer that gives nothing.
_NONE: Final = "none"
_SOURCES: Final = {
    "logs": "a folder of files, such as a copy of the trail's bucket",
    "history": "CloudTrail's event history: 90 days of an account, free",
    "s3": "the trail's bucket in S3",
    "athena": "a table in Amazon Athena",
    _NONE: "none yet",
}
_ACCOUNT: Final = re.compile(r"(\d{12})\s*=\s*(\S.*)")
#: Files beside the configuration that are offered.
_INVENTORIES: Final = ("machines.csv", "inventory.csv", "inventory.json")
_POLICIES: Final = ("access.toml",)
#: Seconds until a signal is noticed at the latest.
_NOTICED: Final = 0.25


@dataclass(frozen=True, slots=True)
class Answers:
    """What the configuration is made of."""

    source: Mapping[str, Any] = field(default_factory=dict)
    """In the words of a saved view; empty for none."""
    zone: str = "UTC"
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Names by account id."""
    inventory: Path | None = None
    policy: Path | None = None
    view: str = "start"
    """The name of the view that opens the source."""


def init() -> int:
    """Ask, write the configuration, check it; gives the exit status. Raises UsageError, StoreError."""
    if not _is_terminal():
        raise UsageError(
            "`ssmtrail init` asks questions, and needs a terminal. docs/configuration.md has an example of the file."
        )
    _prepare()
    path = config_path()
    try:
        with signals_raised(), _signals_noticed():
            kept = _name_for_former(path)
            if kept is not None and not _may_replace(path, kept):
                _say("Nothing was written.")
                return ANSWERED
            _say("Five questions. Enter takes what is in brackets, ctrl+c writes nothing.")
            answers = _answers(path.parent)
    except (Signalled, EOFError) as error:
        _say()
        Console(quiet=False).warn("nothing was written")
        return 128 + error.number if isinstance(error, Signalled) else INTERRUPTED
    _write(path, config_text(answers), kept)
    for line in ("", f"Wrote {path}.", *config_lines("config check"), "", *_next_steps(answers)):
        _say(line)
    return ANSWERED


def _say(line: str = "") -> None:
    sys.stdout.write(f"{safe(line)}\n")
    sys.stdout.flush()


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _prepare() -> None:
    """Let lines be edited and paths be completed, and let names be shown that the terminal's encoding lacks."""
    with suppress(ImportError):
        import readline

        readline.set_completer(completion)
        readline.set_completer_delims("")
        readline.parse_and_bind("tab: complete")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def completion(text: str, number: int) -> str | None:
    """One of the paths that begin so; without those whose names are not printable: readline shows them as they are."""
    paths: list[Path] = []
    with suppress(OSError, UsageError):
        typed = home_path(text)
        folder, start = (typed, "") if text.endswith("/") else (typed.parent, typed.name)
        paths = sorted(each for each in folder.iterdir() if each.name.startswith(start))
    found = [f"{path}/" if path.is_dir() else str(path) for path in paths if str(path).isprintable()]
    return found[number] if text and number < len(found) else None


# --- the file that is there ---


def _name_for_former(path: Path) -> Path | None:
    """Where the file that is there is kept; None where there is none."""
    if not path.exists():
        return None
    names = (path.with_name(f"{path.name}.old{number or ''}") for number in range(1000))
    return next(name for name in names if not name.exists())


def _may_replace(path: Path, kept: Path) -> bool:
    _say(f"{path} is there already. Replaced, it is kept as {kept.name}.")
    return _asked("Replace it: yes or no", "no", _yes)


def _yes(text: str) -> bool:
    if text.casefold() not in ("yes", "no"):
        raise UsageError("Write yes or no.")
    return text.casefold() == "yes"


def _write(path: Path, text: str, kept: Path | None) -> None:
    """Write the file whole or not at all; one that is a link stays a link. Raises StoreError."""
    real = path.resolve()
    with store_errors(f"{path} cannot be written"):
        real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if kept is not None:
            shutil.copy2(real, kept)
    write_private(real, text.encode())


# --- the questions ---


@contextmanager
def _signals_noticed() -> Iterator[None]:
    """Have signals obeyed within a quarter of a second while `input` waits.

    One that comes between the prompt and the wait for a key interrupts none: Python would obey it after the next key.
    """
    former = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, _NOTICED, _NOTICED)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _asked(prompt: str, default: str, read: Callable[[str], _T]) -> _T:
    """What `read` makes of the answer; asked again, with the reason, while it raises TrailError. Raises EOFError."""
    while True:
        try:
            given = input(f"  {prompt} [{safe(default)}]: ").strip() or default
            given.encode()
            return read(given)
        except UnicodeError:
            reason = "This is no text in the encoding of this terminal."
        except TrailError as error:
            reason = str(error)
        _say(f"  {reason}")


def _asked_or_none(prompt: str, read: Callable[[str], _T], default: str = _NONE) -> _T | None:
    """The same; None for the answer `none`."""
    return _asked(prompt, default, lambda text: None if text.casefold() == _NONE else read(text))


def _question(number: int, text: str) -> None:
    _say()
    _say(f"{number} of 5  {text}")


def _answers(folder: Path) -> Answers:
    """The answers; `folder` is that of the configuration. Raises EOFError."""
    _question(1, "Where are CloudTrail's records?")
    for number, what in enumerate(_SOURCES.values(), 1):
        _say(f"  {number}  {what}")
    source = _source(_asked("Number", _likely_source(), _kind))
    _question(2, "In which time zone are times shown? local is that of this machine.")
    zone = _asked("Zone, such as Europe/Berlin", local_zone_name(), zone_name)
    _question(3, "What are your accounts called? Callers of others become findings.")
    accounts = _asked_or_none("Such as 111122223333=prod, 444455556666=dev", _accounts)
    _question(4, "Which file has names of machines: CSV, or JSON of describe-instances?")
    inventory = _asked_or_none("File", _inventory, _there(folder, _INVENTORIES))
    _question(5, "Which file is the policy that says who may reach what, an access.toml?")
    policy = _asked_or_none("File", _policy, _there(folder, _POLICIES))
    return Answers(source, zone, accounts or {}, inventory, policy, _free_view_name())


def _likely_source() -> str:
    """The number of event history where AWS is configured, else of none."""
    has_aws = any(os.environ.get(name) for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID"))
    kind = "history" if has_aws or Path("~/.aws/config").expanduser().exists() else _NONE
    return str(list(_SOURCES).index(kind) + 1)


def _kind(text: str) -> str:
    kinds = list(_SOURCES)
    if text.casefold() in kinds:
        return text.casefold()
    if text not in map(str, range(1, len(kinds) + 1)):
        raise UsageError(f"Write a number from 1 to {len(kinds)}.")
    return kinds[int(text) - 1]


def _source(kind: str) -> dict[str, Any]:
    """The source in the words of a saved view; empty for none."""
    if kind == "logs":
        return {"logs": _asked("Folder", str(Path.cwd()), _folder)}
    if kind == "history":
        return {"history": True, **_profile("Profiles, with commas between", _profiles)}
    if kind == "s3":
        _say("  The bucket, with what is before AWSLogs/: s3://my-trail, s3://my-trail/logs")
        url = _asked_or_none("Bucket", _named("s3"))
    elif kind == "athena":
        url = _asked_or_none("Table, such as audit.cloudtrail", _named("athena"))
    else:
        return {}
    return {kind: url, **_profile("Profile", _one_profile)} if url else {}


def _folder(text: str) -> str:
    path = home_path(text).absolute()
    refuse_missing(SourceChoice("logs", path))
    return str(path)


def _named(kind: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        _ = choice_of({kind: text}, Settings(), Path())
        return text

    return read


def _profile(prompt: str, read: Callable[[str], str]) -> dict[str, str]:
    """AWS profiles as words; none for AWS's own choice."""
    from ssmtrail.queries.sources.history.aws import profiles

    known = profiles()
    if not known:
        return {}
    named = os.environ.get("AWS_PROFILE", "")
    default = named if named in known else "default" if "default" in known else _NONE
    _say(f"  There are {', '.join(known)}; none leaves the choice to AWS.")
    found = _asked_or_none(prompt, read, default)
    return {"profile": found} if found else {}


def _profiles(text: str) -> str:
    from ssmtrail.queries.sources.history.aws import profiles

    known = profiles()
    names = [each.strip() for each in text.split(",") if each.strip()]
    for name in names:
        if name not in known:
            raise UsageError(f"There is no AWS profile {name!r}.")
    return ",".join(names)


def _one_profile(text: str) -> str:
    if "," in text:
        raise UsageError("Name one profile.")
    return _profiles(text)


def _accounts(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in filter(None, map(str.strip, text.split(","))):
        pair = _ACCOUNT.fullmatch(each)
        if pair is None:
            raise UsageError(f"{each!r} is no account with a name: write it like 111122223333=prod.")
        found[pair[1]] = pair[2]
    return found


def _there(folder: Path, names: tuple[str, ...]) -> str:
    """The first of these files that is in the folder, else none."""
    return next((str(folder / name) for name in names if (folder / name).exists()), _NONE)


def _inventory(text: str) -> Path:
    path = home_path(text).absolute()
    _ = Inventory.load(path)
    return path


def _policy(text: str) -> Path:
    path = home_path(text).absolute()
    _ = read_policy(path)
    return path


def _free_view_name() -> str:
    """`start`, or with a number where another view is called so."""
    taken: set[str] = set()
    with suppress(UsageError):  # a faulty file is named by the check
        taken = {view.name for view in ViewFiles().views()}
    names = (f"start{number or ''}" for number in range(1000))
    return next(name for name in names if name not in taken)


# --- the file ---


def config_text(answers: Answers) -> str:
    """The configuration file."""
    return "\n".join(_lines(answers))


def _lines(answers: Answers) -> Iterator[str]:
    yield """\
# The configuration of ssmtrail, written by `ssmtrail init`. Change it as you like: ssmtrail only reads it.
# `ssmtrail config check` says whether it is right, `ssmtrail config show` prints what counts;
# docs/configuration.md explains every setting. A line that begins with # does not count.

# Times on screens: the name of a zone, or "local"."""
    yield f"zone = {toml_value(answers.zone)}"
    yield "\n# Names and environments of machines: CSV, or the JSON of `aws ec2 describe-instances`."
    yield _setting("inventory", answers.inventory, "machines.csv")
    yield "\n# Who may reach which machine, see docs/policy.md."
    yield _setting("policy", answers.policy, "access.toml")
    yield """
# Days around a window whose calls are used to join its sessions, and hours for which a session without a known end
# is possibly open. Both change answers.
# look_around_days = 1
# possible_hours = 24

# "dark", "light" or "terminal"; true draws with ASCII alone; false leaves the mouse to the terminal.
# theme = "dark"
# ascii = false
# mouse = true

# Names of your accounts by their ids. Where any is named, callers of other accounts are findings.
[accounts]"""
    yield from (f"{account} = {toml_value(name)}" for account, name in answers.accounts.items())
    if not answers.accounts:
        yield '# 111122223333 = "prod"'
    yield "\n# A table in Amazon Athena, and how many dollars a scan may cost without a question; see docs/athena.md."
    yield "[athena]"
    table = answers.source if "athena" in answers.source else {}
    yield _setting("table", table.get("athena"), "audit.cloudtrail")
    yield _setting("profile", table.get("profile"), "audit")
    yield "# ask_above = 1.0\n# month_budget = 20.0"
    if answers.source and not table:
        yield "\n# Opened by `ssmtrail open NAME`; see docs/views.md."
        start = "7d" if "s3" in answers.source else ""
        yield toml_text(SavedView(answers.view, answers.source, start=start)).rstrip()
    yield ""


def _setting(name: str, value: str | Path | None, example: str) -> str:
    """A setting, or an example of it that does not count."""
    return f"# {name} = {toml_value(example)}" if value is None else f"{name} = {toml_value(value)}"


def _next_steps(answers: Answers) -> Iterator[str]:
    source = answers.source
    opener = "athena" if "athena" in source else f"open {answers.view}" if source else "demo"
    profile = f" --profile {shlex.quote(source['profile'])}" if source.get("profile") else ""
    which = {
        "logs": f" --logs {shlex.quote(str(source.get('logs')))}",
        "history": f" --history{profile}",
        "s3": f" --s3 {shlex.quote(str(source.get('s3')))}{profile}",
    }
    yield "Start with:"
    yield f"  ssmtrail {opener}"
    yield "If something is wrong:"
    yield f"  ssmtrail doctor{next((words for kind, words in which.items() if kind in source), '')}"
