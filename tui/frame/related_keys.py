"""The keys of the row under the cursor: to its person, machine and address, to all that is related, into a pack."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.containers import Container

from ssmtrail.tui.frame.related import NO_ROWS, Link
from ssmtrail.tui.pages import TranscriptPage
from ssmtrail.tui.query import Query
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from textual.widget import Widget

    from ssmtrail.queries.model import Scope, Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.frame.pane import Host, Pane
    from ssmtrail.tui.frame.related import Related


def links_of(related: Related, host: Host) -> list[Link]:
    """What the menu lists. The filter of the view is left behind: it hides what an operator looks for next."""
    from ssmtrail.queries import drills
    from ssmtrail.queries.filters import Filter

    scope = replace(host.view.state.scope, filter=Filter())
    found: list[Link] = []

    def add(what: str, name: str, key: str, narrowed: Scope, opened: Callable[[], object]) -> None:
        found.append(Link(what, name, key, narrowed, opened))

    def drill(view: Literal["sessions", "people"], narrowed: Scope, label: str) -> Callable[[], object]:
        return lambda: host.drill(view, host.into(narrowed), label)

    who, target = related.who, related.target
    if who is not None:
        narrowed = drills.of_person(scope, who)
        add("person", related.person, "p", narrowed, lambda: host.open_person(who, related.person, within=scope))
    if target is not None:
        narrowed = drills.of_machine(scope, target)
        add("machine", related.machine, "m", narrowed, lambda: host.open_machine(target, related.machine, within=scope))
    if who is not None and target is not None:
        narrowed = drills.of_pair(scope, who, target)
        label = f"{related.person} on {related.machine}"
        add("both", label, "", narrowed, drill("sessions", narrowed, label))
    for what, key, value in (("address", "ip", related.address), ("role", "role", related.role)):
        if value is not None:
            narrowed = replace(scope, filter=scope.filter.keep(key, value, exact=True))
            add(what, safe(value), "i" if what == "address" else "", narrowed, drill("people", narrowed, safe(value)))
    if related.destination is not None:
        narrowed = replace(scope, filter=scope.filter.keep("dest", related.destination, exact=True))
        name = safe(related.destination)
        add("tunnels to", name, "", narrowed, drill("sessions", narrowed, name))
    return found


class RelatedKeys(Container):
    """Holds the panes; its keys lead from the row under the cursor to its person, machine and address."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "link('p')", "person", show=False, tooltip="The person of the row, whole", id="go.person"),
        Binding("m", "link('m')", "machine", show=False, tooltip="The machine of the row, whole", id="go.machine"),
        Binding("i", "link('i')", "address", show=False, tooltip="All who came from its address", id="go.address"),
        Binding(
            "greater_than_sign", "related", "related", key_display=">", show=False, id="go.related",
            tooltip="A menu of what is related to the row, with counts",
        ),
        Binding(
            "E", "evidence", "evidence", show=False, id="take.evidence",
            tooltip="Pack what is shown, or the row's session, person or machine, with its raw records",
        ),
        Binding(
            "O", "console", "AWS console", show=False, id="take.console",
            tooltip="Its instance, session history and event in AWS's console: copy or open the address",
        ),
        Binding(
            "T", "transcript", "transcript", show=False, id="go.transcript",
            tooltip="What was typed and shown in the session, or why it is not known",
        ),
    ]  # fmt: skip

    def __init__(self, host: Host, pane: Callable[[], Pane[Any, Any]], *children: Widget) -> None:
        super().__init__(*children, id="view")
        self._host = host
        self._pane = pane

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where the row has one; greyed where another row may have one."""
        if action not in ("link", "related", "transcript", "evidence", "console"):
            return True
        related = self._pane().related
        without = False if related is NO_ROWS else None
        if action == "console":
            return True if related.region and (related.target or related.event) else without
        if action == "transcript":
            return True if related.session is not None else without
        if action == "evidence":
            return self._pane().SCOPED or bool(related.events)
        has = {"p": related.who, "m": related.target, "i": related.address}
        if action == "link":
            return True if has[str(parameters[0])] is not None else without
        return True if any(each is not None for each in has.values()) else without

    def action_link(self, key: str) -> None:
        """Open the one that the key is of."""
        for link in links_of(self._pane().related, self._host):
            if link.key == key:
                link.open()

    def action_evidence(self) -> None:
        """Ask what is packed, and where it is written."""
        from ssmtrail.tui.frame.pack_dialog import PackChoice, PackScreen, session_choice  # imported late, as below

        pane, scope = self._pane(), self._host.view.state.scope
        links = [link for link in links_of(pane.related, self._host) if link.what in ("person", "machine")]
        found = [PackChoice("shown", safe(scope.filter.text) or "all of the window", scope)] if pane.SCOPED else []
        found += filter(None, [session_choice(pane.related, scope)])
        found += (PackChoice(link.what, link.name, link.scope) for link in links)
        self._host.dialog(PackScreen(pane.context, found))

    def action_transcript(self) -> None:
        """Open the session's transcript."""
        from ssmtrail.queries.transcripts.model import SessionFacts  # the first frame needs none

        related = self._pane().related
        if related.session is not None:
            label = f"{related.person} {self._pane().context.signs.arrow} {related.machine}"
            session = SessionFacts.of(related.session.values)
            self._host.open(TranscriptPage(self._host.view.state, session, label, related.session.values), "transcript")

    def action_related(self) -> None:
        """Count what is related, and offer it."""
        from ssmtrail.tui.frame.related_menu import RelatedScreen  # imported late: imports cost start-up time

        links, measure = links_of(self._pane().related, self._host), self._host.view.state.measure

        def count(trail: Trail, cancelled: Event) -> list[Totals]:
            return [trail.totals(link.scope, cancelled, measure=measure) for link in links]

        def opened(chosen: int | None) -> None:
            if chosen is not None:
                links[chosen].open()

        def offer(totals: list[Totals]) -> None:
            self._host.dialog(RelatedScreen(links, totals), opened)

        self._host.ask(Query("related", count), offer)

    def action_console(self) -> None:
        """Offer the row's pages in AWS's console, or say why there are none."""
        from ssmtrail.tui.frame.console_menu import ConsoleScreen, Wanted  # as above
        from ssmtrail.tui.frame.console_urls import console_pages

        related = self._pane().related
        pages, why = console_pages(related)

        def wanted(choice: Wanted | None) -> None:
            if choice is None:
                return
            if choice.opens:
                self.app.open_url(choice.page.url)
                self._host.say(f"opened the {choice.page.what} in a browser")
            else:
                self._host.copy(choice.page.url)

        if pages:
            self._host.dialog(ConsoleScreen(pages, related.account or ""), wanted)
        else:
            self._host.say(why)
