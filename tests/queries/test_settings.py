"""The configuration, the places of files, what is remembered."""

import stat
from dataclasses import fields
from pathlib import Path

import pytest

from ssmtrail.queries.config import AthenaSettings, Settings, State, cache_root, config_path, state_path
from ssmtrail.queries.config_schema import _Athena, _File, checked_views
from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.queries.inventory import Inventory
from ssmtrail.queries.opening import Options, open_logs, settings_words
from ssmtrail.queries.times import Window
from ssmtrail.queries.trust import DEFAULT_TRUST, Trust


def load(tmp_path: Path, content: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(content, encoding="utf-8")
    return Settings.load(path)


class TestSettings:
    def test_nothing_said(self, tmp_path: Path) -> None:
        assert Settings.load(tmp_path / "none.toml") == load(tmp_path, "") == Settings()
        assert (Settings().zone, Settings().look_around_days, Settings().mouse, Settings().ascii) == (
            "UTC",
            1,
            True,
            None,
        )

    def test_everything_said(self, tmp_path: Path) -> None:
        found = load(
            tmp_path,
            'zone = "europe/berlin"\nlook_around_days = 2\ntheme = "nord"\nascii = true\nmouse = false\n'
            'inventory = "machines.csv"\n[accounts]\n111122223333 = "prod"\n',
        )
        assert found == Settings(
            accounts={"111122223333": "prod"}, zone="Europe/Berlin", look_around_days=2, theme="nord", ascii=True,
            mouse=False, inventory=tmp_path / "machines.csv",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ('zonne = "UTC"', " has an unknown setting 'zonne'; did you mean zone?"),
            (
                "x = 1",
                (
                    " has an unknown setting 'x'; "
                    "there are accounts, zone, look_around_days, as_of_days, possible_hours, theme, ascii, mouse, "
                    "bell, inventory, policy, approvals, athena, trust, findings, transcripts, view."
                ),
            ),
            ("zone = 1", ': zone is to be the name of a time zone, such as "Europe/Berlin" or "local".'),
            ('zone = "Mars"', None),
            ("look_around_days = true", ": look_around_days is to be a number of days from 0 to 30."),
            ("look_around_days = -1", ": look_around_days is to be a number of days from 0 to 30."),
            ("mouse = 1", ": mouse is to be true or false."),
            ("accounts = 1", ': accounts is to be a table of names, such as 111122223333 = "prod".'),
            ("[accounts]\n1 = 2", ': accounts is to be a table of names, such as 111122223333 = "prod".'),
            ("zone", None),
            ('[trust]\nsession_names = "a"', ": session_names in [trust] is to be a list of names."),
            ("athena = 1", ": athena is to be a section of its own: [athena]."),
            ('[athena]\ntabel = "a.b"', " has an unknown setting 'tabel' in [athena]; did you mean table?"),
            ('[athena]\ntable = ""', ': table in [athena] is to be a table, such as "audit.cloudtrail".'),
            ("[athena]\nmax_price = true", ": max_price in [athena] is to be a number of dollars."),
            ("[athena]\nprice_per_tb = nan", ": price_per_tb in [athena] is to be a number of dollars."),
            ("[athena]\nmax_price = -1", ": max_price in [athena] is to be a number of dollars."),
            (
                "[athena]\nreuse_minutes = 10081",
                ": reuse_minutes in [athena] is to be a whole number from 0 to 10,080.",
            ),
            ("[athena]\nreuse_minutes = true", ": reuse_minutes in [athena] is to be a whole number from 0 to 10,080."),
            (
                '[transcripts.places.111122223333]\nbukcet = "b"',
                " has an unknown setting 'bukcet' in [transcripts.places.ACCOUNT]; did you mean bucket?",
            ),
            (
                '[transcripts.places.111122223333]\nfolder = "b"',
                (
                    " has an unknown setting 'folder' in [transcripts.places.ACCOUNT]; "
                    "there are bucket, prefix, log_group, account, region."
                ),
            ),
            (
                "[transcripts.places.111122223333]\nbucket = 1",
                ": bucket in [transcripts.places.ACCOUNT] is to be a text in quotes.",
            ),
            ('policy = "~no-one-here/access.toml"', ": There is no home of a user no-one-here."),
            ('[transcripts]\nfolder = "~no-one-here"', ": There is no home of a user no-one-here."),
            (
                "[transcripts]\nplaces = 1",
                (
                    ": places in [transcripts] is to be sections [transcripts.places.ACCOUNT] with bucket, prefix, "
                    "log_group, account and region."
                ),
            ),
        ],
    )
    def test_what_is_wrong_names_the_file(self, tmp_path: Path, content: str, said: str | None) -> None:
        with pytest.raises(UsageError) as error:
            load(tmp_path, content)
        assert str(error.value).startswith(str(tmp_path / "config.toml"))
        assert said is None or str(error.value) == f"{tmp_path / 'config.toml'}{said}"

    @pytest.mark.parametrize(
        ("word", "said"),
        [("zone", "there is only view."), ("veiw", "did you mean view?"), ("x", "there is only view.")],
    )
    def test_a_file_of_views_is_not_advised_settings(self, word: str, said: str) -> None:
        with pytest.raises(UsageError) as error:
            checked_views({word: "x"}, Path("views.toml"))
        assert str(error.value) == f"views.toml has an unknown setting {word!r}; {said}"

    def test_whom_names_are_trusted(self, tmp_path: Path) -> None:
        broker = "arn:aws:iam::111122223333:role/broker"
        found = load(tmp_path, f'[trust]\nsession_names = ["robot-*"]\nsource_identity_from = ["{broker}"]').trust
        assert found == Trust(("robot-*",), (broker,))
        assert found.digest != DEFAULT_TRUST.digest
        assert load(tmp_path, "").trust == DEFAULT_TRUST

    def test_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_bytes(b"\xff")
        with pytest.raises(UsageError, match="is no TOML"):
            Settings.load(tmp_path / "config.toml")


class TestAthena:
    def test_everything_said(self, tmp_path: Path) -> None:
        found = load(
            tmp_path,
            '[athena]\ntable = "audit.trail"\nprofile = "sec"\nregion = "eu-central-1"\nworkgroup = "audit"\n'
            'results = "s3://b/p/"\ncatalog = "other"\nprice_per_tb = 6.75\nmax_price = 2\nreuse_minutes = 60\n',
        )
        assert found.athena == AthenaSettings(
            "audit.trail", "sec", "eu-central-1", "audit", "s3://b/p/", "other", 6.75, 2.0, 60
        )
        assert load(tmp_path, "").athena == AthenaSettings()

    def test_the_environment_comes_first_where_it_says_something(self) -> None:
        said = AthenaSettings(profile="sec", region="eu-central-1").beneath({"AWS_PROFILE": "", "AWS_REGION": "x"})
        assert said == {"AWS_PROFILE": "sec", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_REGION": "x"}


class TestPlaces:
    def test_the_environment_decides(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("SSMTRAIL_CONFIG", str(tmp_path / "c.toml"))
        monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("SSMTRAIL_STATE", str(tmp_path / "state.json"))
        assert config_path() == tmp_path / "c.toml"
        assert cache_root() == tmp_path / "cache"
        assert state_path() == tmp_path / "state.json"
        with pytest.raises(UsageError) as error:
            Settings.load()
        assert str(error.value) == f"There is no file {tmp_path / 'c.toml'}, which SSMTRAIL_CONFIG names."

    def test_else_the_users_folders(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in ("SSMTRAIL_CONFIG", "SSMTRAIL_CACHE", "SSMTRAIL_STATE"):
            monkeypatch.delenv(name, raising=False)
        for name in ("CONFIG", "CACHE", "STATE"):
            monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
        assert config_path() == tmp_path / "CONFIG" / "ssmtrail" / "config.toml"
        assert cache_root() == tmp_path / "CACHE" / "ssmtrail"
        assert state_path() == tmp_path / "STATE" / "ssmtrail" / "state.json"
        assert Settings.load() == Settings()


class TestState:
    def test_what_was_saved_comes_back(self, tmp_path: Path) -> None:
        path = tmp_path / "below" / "state.json"
        table = State("athena", None, {"database": "audit", "table": "trail"}, {"account": ("1", "2")})
        for state in (table, State("demo"), State("logs", "/evidence/\udcff"), State()):
            state.save(path)
            assert State.load(path) == state
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert [each.name for each in path.parent.iterdir()] == ["state.json"]

    @pytest.mark.parametrize("content", [b"", b"7", b"{", b'{"source_kind": "logs"}', b'{"source_kind": []}', b"\xff"])
    def test_what_is_damaged_is_forgotten(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "state.json").write_bytes(content)
        assert State.load(tmp_path / "state.json") == State() == State.load(tmp_path / "none.json")

    def test_what_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match="cannot be written"):
            State("demo").save(tmp_path / "file" / "state.json")


def test_the_checked_settings_are_those_that_the_program_has() -> None:
    assert (*_File.__struct_fields__, "notices") == tuple(each.name for each in fields(Settings))
    ours = tuple(name for name in _Athena.__struct_fields__ if name != "max_price")  # what 0.1.0 called ask_above
    assert ours == tuple(each.name for each in fields(AthenaSettings))


class TestWhatChangesAnswers:
    """Settings that are not the defaults are named beside every answer."""

    def test_the_defaults_are_not_named(self) -> None:
        assert settings_words({}, None) == settings_words({"look_around_days": 1, "trust": Trust()}, None) == ()

    def test_others_are_named_with_a_hash(self, tmp_path: Path) -> None:
        (tmp_path / "machines.csv").write_text("instance_id,name\ni-0a,db-1\n")
        (tmp_path / "others.csv").write_text("instance_id,name\ni-0a,db-2\n")
        one, other = (Inventory.load(tmp_path / name) for name in ("machines.csv", "others.csv"))
        trust = Trust(("robot-*",))
        options: Options = {"trust": trust, "look_around_days": 2, "possible_hours": 48}
        assert settings_words(options, one) == (
            f"trust {trust.digest}", f"inventory {one.digest}", "look-around 2 d", "possible 48 h",
        )  # fmt: skip
        assert one.digest != other.digest

    def test_the_trail_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        with open_logs(tmp_path / "logs", cache=tmp_path / "cache", possible_hours=48) as trail:
            assert trail.coverage(Window()).settings == ("possible 48 h",)
