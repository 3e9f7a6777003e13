"""`ssmtrail evidence`: writes an evidence pack; `evidence verify` checks one anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.model import Question
from ssmtrail.queries.plurals import count_text
from ssmtrail.tui.cli.console import (
    ANSWERED,
    CHECK_FAILED,
    INCOMPLETE,
    Console,
    run_interruptible,
    run_with_trail,
    size_text,
)
from ssmtrail.tui.cli.query import Order, opened, read_source, scope_of, warn_of_gaps

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.integrity.verify import Report
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.evidence.writing import PackWritten


def evidence(options: Options, settings: Settings, choice: SourceChoice) -> int:
    """Write a pack; gives the exit status. Raises UsageError, FilterError, TrailError."""
    from ssmtrail.tui.open_trail import open_trail

    if options.out is None:
        raise UsageError("Name the pack: --out pack.zip.")
    if options.transcripts is not None and not options.with_transcripts:
        raise UsageError("--transcripts DIR says where copies are: --with-transcripts puts transcripts in.")
    if options.keys is not None and choice.kind != "logs":
        raise UsageError("--keys is for --logs only: digests prove files.")
    if options.keys is not None:
        from ssmtrail.queries.integrity.keys import read_keys

        read_keys(options.keys)  # says what is wrong with it before anything is read
    order = Order(
        Question("sessions", scope_of(options, (), pays=choice.pays)), settings, output=options.out,
        allow_incomplete=options.allow_incomplete, quiet=options.quiet, priced=choice.priced,
    )  # fmt: skip
    console = Console(quiet=options.quiet)
    return run_with_trail(
        lambda: open_trail(choice, settings),
        lambda trail, cancelled: _packed(options, order, choice, trail, console, cancelled),
        console,
    )


def _packed(
    options: Options, order: Order, choice: SourceChoice, trail: Trail, console: Console, cancelled: Event
) -> int:  # fmt: skip
    from ssmtrail.tui.evidence.pack import PackQuestion
    from ssmtrail.tui.evidence.writing import write_pack

    out = options.out
    assert out is not None
    proof = _proof(options, order, choice, console, cancelled)  # first: the sessions of the pack say it too
    coverage = read_source(order, trail, console, cancelled)
    question = PackQuestion(
        order.question.scope, order.settings, coverage, proof, options.keys, options.with_transcripts
    )
    pack = write_pack(out, question, trail, cancelled, _replace, console.show)
    made = pack.made
    records = pack.manifest["records"]
    console.inform(
        f"{out}: {size_text(made['bytes'])}, {count_text(records['rows'], 'record')}, "
        + ", ".join(count_text(each["rows"], "row") + f" of {each['question']}" for each in pack.manifest["answers"])
    )
    console.inform(f"sha256 {made['sha256']}; made by {made['made_by']} on {made['host']} at {made['made_at']}")
    console.inform("contains personal data; sign it with cosign sign-blob, gpg --detach-sign or ssh-keygen -Y sign")
    if records["without_record"]:
        console.warn(f"{count_text(records['without_record'], 'event')} without a record; skipped.csv names them")
    unread = _tell_transcripts(pack, console)
    if pack.manifest["integrity"] is None:
        console.inform("integrity was not checked: --keys does it for a folder with digests")
    elif proof is None:
        console.inform("integrity: as ssmtrail integrity found it before, of the files that are the same")
    complete = warn_of_gaps(coverage, console) and not unread
    return ANSWERED if complete or options.allow_incomplete else INCOMPLETE


def _tell_transcripts(pack: PackWritten, console: Console) -> bool:
    """Say which transcripts are in a pack; gives whether the state of any was not found, or its text not read."""
    found = pack.manifest["transcripts"]
    if found is None:
        return False
    states = ", ".join(f"{number:,} {state}" for state, number in found["states"].items()) or "none"
    console.inform(f"transcripts: {states}; {size_text(found['bytes'])}, not redacted: they may hold secrets")
    if found["unread"]:
        console.warn(f"{count_text(found['unread'], 'transcript')} could not be read; transcripts/index.jsonl says why")
    if refusal := pack.made["transcripts"]["opening_not_noted"]:
        console.warn(refusal)
    return bool(found["unread"] or found["states"].get("unknown"))


def _proof(
    options: Options, order: Order, choice: SourceChoice, console: Console, cancelled: Event
) -> Report | None:  # fmt: skip
    if options.keys is None or choice.path is None:
        return None
    from ssmtrail.queries.integrity.folder import Folder
    from ssmtrail.queries.integrity.keys import read_keys
    from ssmtrail.queries.integrity.verify import verified
    from ssmtrail.tui.cli.integrity import dataset_of_folder, keep
    from ssmtrail.tui.evidence.pack import delivered

    keys, folder = read_keys(options.keys), Path(choice.path).resolve()
    window = delivered(order.question.scope.window)
    found = verified(Folder(folder), lambda _: keys, window, cancelled, console.count)
    console.clear()
    keep(lambda: dataset_of_folder(folder), found, window, console)
    return found


def _replace(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    with opened(path) as file:
        fill(file)


def verify(options: Options) -> int:
    """Verify a pack; gives the exit status. Raises UsageError, TrailError."""
    from ssmtrail.tui.evidence.archive import file_sha256
    from ssmtrail.tui.evidence.verify import faults, made_beside

    path = options.pack
    assert path is not None
    console = Console(quiet=options.quiet)

    def work(_: Event) -> int:
        try:
            wrong = faults(path, options.sha256)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
        for sentence in wrong:
            console.warn(f"{path.name}: {sentence}")
        if wrong:
            return CHECK_FAILED
        known = options.sha256 or made_beside(path).is_file()
        console.inform(f"{path.name}: whole: all members have their hashes, all events their records")
        console.inform(
            f"sha256 {file_sha256(path)}"
            + ("" if known else "; compare it with the one that was printed when the pack was made")
        )
        return ANSWERED

    return run_interruptible(work, console)
