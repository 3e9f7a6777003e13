"""A table that is reached by a role, and tables under names of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.queries.config import Settings, State
from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.tui.choice import athena_named, recalled, remembered
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.cli.options import Options
from ssmtrail.tui.cli.sources import source_of
from ssmtrail.tui.source_words import choice_of, same_source, words_of

if TYPE_CHECKING:
    from tests.athena_emulator import Emulator

Said = pytest.CaptureFixture[str]
ROLE = "arn:aws:iam::999988887777:role/audit/Reader"
TABLES = f"""
[athena]
region = "eu-central-1"
workgroup = "primary"

[[athena.tables]]
name = "prod"
table = "audit.trail"
role_arn = "{ROLE}"
external_id = "x-1"

[[athena.tables]]
name = "stage"
table = "audit.stage"
profile = "stage"
workgroup = "own"
"""
WEEK = ("--from", "2026-11-12", "--to", "2026-11-19")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text(TABLES)
    return Settings.load()


class TestRole:
    def test_everything_is_asked_in_it(self, emulator: Emulator, tmp_path: Path) -> None:
        with ssmtrail.open_athena("audit.trail", role_arn=ROLE, cache=tmp_path) as trail:
            trail.refresh("2026-11-14", "2026-11-15")
            assert [row.session_id for row in trail.sessions(since="2026-11-14", until="2026-11-15")] == ["jane-00004"]
            assert {run.caller for run in trail.queries()} == {
                "arn:aws:sts::999988887777:assumed-role/Reader/ssmtrail-auditor"
            }
        (asked,) = emulator.assumed
        assert (asked["RoleArn"], asked["RoleSessionName"]) == (ROLE, "ssmtrail-auditor")
        assert "ExternalId" not in asked

    def test_its_owner_asks_for_an_external_id(self, emulator: Emulator) -> None:
        emulator.external_id = "x-1"
        aws = connected(address_of("audit.trail", role_arn=ROLE, external_id="x-1"))
        assert aws.account == "999988887777"
        with pytest.raises(SourceError, match="sts:AssumeRole"):
            connected(address_of("audit.trail", role_arn=ROLE))

    def test_what_is_no_role(self) -> None:
        with pytest.raises(UsageError, match="is no role"):
            address_of("audit.trail", role_arn="Reader")
        with pytest.raises(UsageError, match="goes with a role"):
            address_of("audit.trail", external_id="x-1")

    def test_on_the_command_line(self, emulator: Emulator, capfd: Said) -> None:
        emulator.external_id = "x-1"
        words = ["--athena", "audit.trail", "--role-arn", ROLE, "--external-id", "x-1"]
        assert run(["query", "sessions", *words, *WEEK, "--format", "csv", "--columns", "session_id", "-q"]) == 0
        assert len(capfd.readouterr().out.split()) == 8
        assert run(["query", "sessions", "--logs", "x", "--external-id", "x-1"]) == 2
        assert "--external-id is for --athena only" in capfd.readouterr().err


class TestNames:
    def test_a_name_is_the_table_with_its_reach(self, settings: Settings) -> None:
        found = source_of(Options(command="query", athena="prod"), settings).athena
        assert found is not None
        address = found.address
        assert (address.shown_table, address.role_arn, address.external_id) == ("audit.trail", ROLE, "x-1")
        assert (address.region, address.workgroup, address.profile) == ("eu-central-1", "primary", None)
        found = source_of(Options(command="query", athena="stage", profile="mine"), settings).athena
        assert found is not None
        assert (found.address.profile, found.address.workgroup) == ("mine", "own")
        other = source_of(Options(command="query", athena="audit.other"), settings).athena
        assert other is not None
        assert (other.address.shown_table, other.address.role_arn) == ("audit.other", None)

    def test_ends_are_asked_in_the_role(self, settings: Settings) -> None:
        choice = source_of(Options(command="query", athena="prod", ends=True), settings)
        assert choice.ends is not None
        assert choice.ends.role_arn == ROLE

    def test_a_screen_takes_it_too(self, settings: Settings) -> None:
        assert athena_named("prod", None, settings.athena).address.role_arn == ROLE

    def test_it_is_opened_again(self, settings: Settings) -> None:
        choice = source_of(Options(command="query", athena="prod"), settings)
        assert choice.athena is not None
        assert same_source(words_of(choice_of(words_of(choice), settings, Path())), words_of(choice))
        again = recalled(remembered(choice.athena), settings.athena)
        assert again is not None
        assert again.address == choice.athena.address
        assert State.load().source_kind is None

    def test_names_in_a_query(self, emulator: Emulator, settings: Settings, capfd: Said) -> None:
        del settings
        emulator.external_id = "x-1"
        assert (
            run(["query", "sessions", "--athena", "prod", *WEEK, "--format", "csv", "--columns", "session_id", "-q"])
            == 0
        )
        assert len(capfd.readouterr().out.split()) == 8

    def test_mistakes(self, tmp_path: Path, settings: Settings, capfd: Said) -> None:
        del settings
        for text, what in (
            ('[[athena.tables]]\nname = "x"\n', "needs table"),
            ('[[athena.tables]]\nname = "x"\ntable = "a.b"\nrole = "y"\n', "unknown setting 'role'"),
            ("[athena]\ntables = 3\n", "tables in [athena]"),
        ):
            (tmp_path / "config.toml").write_text(text)
            assert run(["config", "check"]) == 2
            assert what in capfd.readouterr().err


def test_a_catalog_of_s3_tables_is_named_in_every_query(emulator: Emulator, tmp_path: Path) -> None:
    """Its name has a slash: `s3tablescatalog/BUCKET`. Source: "Query S3 tables", Athena User Guide."""
    catalog = "s3tablescatalog/aws-cloudwatch"
    with ssmtrail.open_athena(f"{catalog}.audit.trail", cache=tmp_path) as trail:
        trail.refresh("2026-11-14", "2026-11-15")
        assert [row.session_id for row in trail.sessions(since="2026-11-14", until="2026-11-15")] == ["jane-00004"]
        assert trail.source_label == f"athena {catalog}.audit.trail"
    asked = [each.request for each in emulator.executions.values()]
    assert {each["QueryExecutionContext"]["Catalog"] for each in asked} == {catalog}
    assert all(f'FROM "{catalog}"."audit"."trail"' in each["QueryString"] for each in asked)
