"""The demo's transcripts: every state, the same text each time."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import ssmtrail
from ssmtrail.queries.transcripts.demo import DemoTranscripts
from ssmtrail.queries.transcripts.model import SessionFacts
from ssmtrail.queries.transcripts.text import Written, text_lines

if TYPE_CHECKING:
    from pathlib import Path

STOP = threading.Event()


def a_shell(number: int) -> SessionFacts:
    return SessionFacts(f"jane-{number:017x}", "shell", "started", started_at=datetime(2026, 11, 23, 10, tzinfo=UTC))


def test_every_state_is_met_and_the_text_stays_the_same() -> None:
    found = [DemoTranscripts().look_up(a_shell(number), None, STOP) for number in range(100)]
    assert found == [DemoTranscripts().look_up(a_shell(number), None, STOP) for number in range(100)]
    states = Counter(each.state for each in found)
    assert states.keys() == {"recorded", "not configured", "expected but not found", "expired"}
    assert states["recorded"] > 70
    forms = set()
    for each in found:
        if each.copy is not None:
            written = Written()
            lines = [line.text for line in text_lines(each.copy.chunks(STOP), "plain", written, STOP)]
            forms.add(written.reading.form)
            assert lines[0].startswith("sh-5.2$ ")
            assert lines[-1] == "sh-5.2$ exit"
    assert forms == {"script", "streamed"}


def test_the_demo_has_them(tmp_path: Path) -> None:
    with ssmtrail.open_demo(date(2026, 11, 23), cache=tmp_path) as trail:
        assert trail.transcript(a_shell(1), STOP).state != "unknown"
        tunnel = SessionFacts("jane-0f", "port-forward", "started")
        assert trail.transcript(tunnel, STOP).state == "not recordable"
