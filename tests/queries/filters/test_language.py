"""Filters: reading them, saying what is wrong, narrowing them."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import KEYS, Filter, compile_filter, foreign_terms
from ssmtrail.queries.filters.keys import key_names
from ssmtrail.queries.filters.matches import Address, Between, Compare, Days, Exact, Hours, Network, Text, Unknown


def only(text: str) -> Any:
    """The single match of a single term."""
    (term,) = Filter.parse(text).terms
    (match,) = term.matches
    return match


#: What `status:` can be.
STATUSES = "started, denied, failed, orphan, reported-only, ok, granted, open, accepted"


class TestReading:
    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ("jane", Text(("", "jane", ""))),
            ("*ja*ne*", Text(("", "ja", "ne", ""))),
            ("*", Text(("", ""))),
            ('"jane doe"', Text(("", "jane doe", ""))),
            ("jane\\ doe", Text(("", "jane doe", ""))),
            ('ja"ne d"oe', Text(("", "jane doe", ""))),
            ("2001:db8::1", Text(("", "2001:db8::1", ""))),
            ("arn:aws:iam::111122223333:user/jane", Text(("", "arn:aws:iam::111122223333:user/jane", ""))),
            ("arn:aws-cn:iam::111122223333:user/jane", Text(("", "arn:aws-cn:iam::111122223333:user/jane", ""))),
            ('"person:jane"', Text(("", "person:jane", ""))),
            ("person:jane", Text(("jane",))),
            ("PERSON:jane", Text(("jane",))),
            ("person:ja*ne", Text(("ja", "ne"))),
            ("person:ja**ne", Text(("ja", "ne"))),
            ("person:*", Text(("", ""))),
            ("person:ja\\*ne", Text(("ja*ne",))),
            ('person:"ja*ne d"', Text(("ja", "ne d"))),
            ('person:"ja\\*\\"ne\\\\"', Text(('ja*"ne\\',))),
            ('person:"a,b"', Text(("a,b",))),
            ("person:a\\,b", Text(("a,b",))),
            ('person:""x', Text(("x",))),
            ("person:=jane", Exact("jane")),
            ('person:="ja*ne, d"', Exact("ja*ne, d")),
            ("person:=ja*ne", Exact("ja*ne")),
            ("person:=?", Exact("?")),
            ('person:=""', Exact("")),
            ("person:==", Exact("=")),
            ('person:"=jane"', Text(("=jane",))),
            ("person:\\=jane", Text(("=jane",))),
            ("ip:=10.0.0.0/8", Exact("10.0.0.0/8")),
            ("resumes:=3", Compare("=", 3)),
            ("=jane", Text(("", "=jane", ""))),
            ("person:?", Unknown()),
            ("person:\\?", Text(("?",))),
            ('person:"?"', Text(("?",))),
            ("person:a?", Text(("a?",))),
            ('person:""', Text(("",))),
            ("dest:*:5432", Text(("", ":5432"))),
            ("arn:arn:aws:*", Text(("arn:aws:", ""))),
            ("kind:shell", Text(("shell",))),
            ("kind:SHELL", Text(("shell",))),
            ("kind:*forward", Text(("", "forward"))),
            ('kind:"weird"', Text(("weird",))),
            ("mfa:no", Text(("false",))),
            ("ip:10.1.*", Text(("10.1.", ""))),
            ("ip:ssm.amazonaws.com", Text(("ssm.amazonaws.com",))),
            ("ip:10.0.0.1", Address("10.0.0.1", "00000000000000000000ffff0a000001")),
            ("ip:2001:DB8::1", Address("2001:DB8::1", "20010db8000000000000000000000001")),
            (
                "ip:10.9.8.7/8",
                Network("00000000000000000000ffff0a000000", "00000000000000000000ffff0affffff", without_ipv4=False),
            ),
            ("ip:2001:db8::/32", Network("20010db8" + "0" * 24, "20010db8" + "f" * 24, without_ipv4=False)),
            ("ip:::/0", Network("0" * 32, "f" * 32, without_ipv4=True)),
            ("hour:9", Hours((9,))),
            ("hour:22-06", Hours((22, 23, 0, 1, 2, 3, 4, 5))),
            ("hour:22:00-02:00", Hours((22, 23, 0, 1))),
            ("hour:0-24", Hours(tuple(range(24)))),
            ("hour:22-0", Hours((22, 23))),
            ("hour:22-24", Hours((22, 23))),
            ("day:sat", Days((6,))),
            ("day:Saturday", Days((6,))),
            ("day:mon-fri", Days((1, 2, 3, 4, 5))),
            ("day:sat-mon", Days((6, 7, 1))),
            ("day:sun", Days((7,))),
            ("resumes:3", Compare("=", 3)),
            ("resumes:>0", Compare(">", 0)),
            ("resumes:<=2", Compare("<=", 2)),
            ("resumes:1..3", Between(1, 3)),
            ("resumes:..3", Between(None, 3)),
            ("length:>1h", Compare(">", 3600)),
            ("length:<5m", Compare("<", 300)),
            ("length:>=1d2h3m4s", Compare(">=", 93784)),
            ("length:14m03", Compare("=", 843)),
            ("length:2h14", Compare("=", 8040)),
            ("length:5m..1h", Between(300, 3600)),
            ("length:1h..", Between(3600, None)),
        ],
    )
    def test_a_value(self, text: str, match: object) -> None:
        assert only(text) == match

    def test_a_comma_separates_alternatives(self) -> None:
        (term,) = Filter.parse("kind:shell,?,tunnel").terms
        shell, *others = term.matches
        assert shell == Text(("shell",))
        assert others == [Unknown(), Text(("port-forward",)), Text(("remote-port-forward",))]
        assert Filter.parse("hour:22-24,3").terms[0].matches == (Hours((22, 23)), Hours((3,)))

    def test_a_minus_negates(self) -> None:
        one, other, word = Filter.parse("-person:ci-* person:-x --y").terms
        assert (one.negated, other.negated, word.negated) == (True, False, True)
        assert other.matches == (Text(("-x",)),)
        assert word.matches == (Text(("", "-y", "")),)

    def test_blanks_do_not_matter(self) -> None:
        assert Filter.parse("  jane \t\n person:x ") == Filter.parse("jane person:x") == Filter("jane person:x")
        assert Filter.parse("   ") == Filter()

    def test_aliases_are_the_same_key(self) -> None:
        for name in key_names():
            (term,) = Filter.parse(f"{name}:?").terms
            assert term.key in KEYS

    def test_every_example_reads(self) -> None:
        for key in KEYS:
            (term,) = Filter.parse(key.example).terms
            assert term.key is key
            assert key.help
            assert key.sessions or key.calls or key.doors or key.findings

    def test_the_example_of_the_design(self) -> None:
        text = (
            "person:jane target:i-0ab* kind:tunnel ip:10.0.0.0/8 status:denied role:Admin* account:1234* region:eu-* "
            "dest:*:5432 reason:*INC* hour:22-06 day:sat,sun -person:ci-* env:prod end:terminated agent:*cli*"
        )
        assert len(Filter.parse(text).terms) == 16

    def test_equal_texts_are_equal_filters(self) -> None:
        assert Filter.parse("a b") == Filter.parse("a  b")
        assert hash(Filter.parse("a b")) == hash(Filter.parse("a  b"))
        assert Filter.parse("a") != Filter.parse("b")


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "message", "marked"),
        [
            ('x person:"jane d', "This quote is not closed.", '"jane d'),
            ("x person:", "person: needs a value; for what is unknown write person:?.", "person:"),
            ("x persn:jane", "There is no key persn:; did you mean person: or personid:?", "persn:"),
            ("-zzz:jane", 'There is no key zzz:; to look for these words write "zzz:…".', "zzz:"),
            ("https://x", 'There is no key https:; to look for these words write "https:…".', "https:"),
            ("x -", 'A minus leaves out what stands right after it; for a minus itself write "-".', "-"),
            ("x\\", r"A backslash takes the next character as it is, but none follows; write \\.", "\\"),
            ('x ""', "There is nothing between these quotes to look for.", '""'),
            ("kind:shel", "There is no kind 'shel'; did you mean shell?", "shel"),
            ("kind:ssh,qqqq", None, "qqqq"),
            (
                "status:zzz",
                f"There is no status 'zzz'; there are {STATUSES}.",
                "zzz",
            ),
            ("kind:=shell", "There is no kind '=shell'; did you mean shell?", "=shell"),
            ("x person:=", 'person:= needs a value; for the empty text write person:="".', "="),
            ("person:a,=,b", 'person:= needs a value; for the empty text write person:="".', "="),
            ("kind:ssh,", "A comma separates two values; to search for a comma, quote it.", "ssh,"),
            ("ip:10.0.0.0/33", None, "10.0.0.0/33"),
            (
                "ip:10/8",
                "'10/8' is no block of addresses; write one like 10.0.0.0/8 or 2001:db8::/32.",
                "10/8",
            ),
            ("ip:fe80::%eth0/64", None, "fe80::%eth0/64"),
            ("hour:25", "'25' is no hour of the day; write 9, 22-06 or 9-12,14-17.", "25"),
            ("hour:24", "The hours of a day are 0 to 23; the last one is hour:23.", "24"),
            ("hour:9-9", "From 9 to 9 there is no hour; hour:9 is the hour from 09:00.", "9-9"),
            ("hour:6,9:30", "'9:30' is no hour of the day; write 9, 22-06 or 9-12,14-17.", "9:30"),
            ("day:sa", "'sa' is no day of the week; write sat, mon-fri or sat,sun.", "sa"),
            ("day:mon-", None, "mon-"),
            ("resumes:many", "'many' is no count; write resumes:0, resumes:>2 or resumes:1..3.", "many"),
            ("resumes:>", None, ">"),
            ("length:>90", "'>90' is no length; write length:>1h, length:<5m30s or length:5m..1h.", ">90"),
            ("length:..x", None, "..x"),
        ],
    )
    def test_each_says_what_is_wrong_where(self, text: str, message: str | None, marked: str) -> None:
        with pytest.raises(FilterError) as error:
            Filter.parse(text)
        assert text[error.value.position : error.value.position + error.value.length] == marked
        assert message is None or error.value.message == message == str(error.value)

    @given(st.text())
    @example('"')
    @example("a:,")
    @example("ip:/")
    def test_any_text_reads_or_says_where_not(self, text: str) -> None:
        try:
            parsed = Filter.parse(text)
        except FilterError as error:
            place = (error.position, error.length)
            message = error.message
        else:
            assert Filter.parse(parsed.text).terms == parsed.terms
            return
        assert 0 <= place[0] < len(text)
        assert place[0] + place[1] <= len(text)
        assert message.endswith((".", "?"))

    def test_a_key_of_the_other_question(self) -> None:
        parsed = Filter.parse("jane event:ResumeSession")
        assert foreign_terms(parsed, "sessions") == (parsed.terms[1],)
        assert foreign_terms(parsed, "calls") == ()
        with pytest.raises(FilterError) as error:
            compile_filter(parsed, "sessions")
        assert error.value.message == "event: is known of calls only, not of sessions."
        assert (error.value.position, error.value.length) == (5, len("event:ResumeSession"))
        with pytest.raises(FilterError, match="resumes: is known of sessions only, not of calls"):
            compile_filter(Filter.parse("resumes:1"), "calls")
