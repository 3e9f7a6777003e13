"""Private names of Textual and Rich: used in `tui/terminal/` only, each one checked against the installed version."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from rich.console import Console
from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._dispatch_key import dispatch_key
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver
from textual.message_pump import MessagePump
from textual.widget import Widget

import ssmtrail.tui
import ssmtrail.widgets

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from types import ModuleType

_TERMINAL: Final = "ssmtrail.tui.terminal"
_DEEPEST: Final = 4

#: The private callables that `tui/terminal/` overrides or calls, with their parameters.
CALLABLES: Final[dict[str, tuple[Callable[..., object], str]]] = {
    "_begin_update": (App._begin_update, "self"),
    "_check_bindings": (App._check_bindings, "self key priority"),
    "_close_messages_no_wait": (App._close_messages_no_wait, "self"),
    "_display": (App._display, "self screen renderable"),
    "_end_update": (App._end_update, "self"),
    "_fatal_error": (App._fatal_error, "self"),
    "_handle_exception": (App._handle_exception, "self error"),
    "_prune": (App._prune, "self nodes parent"),
    "_set_pointer_shape": (App._set_pointer_shape, "self shape"),
    "_compositor": (ChopsUpdate, "chops spans chop_ends"),
    "_xterm_parser": (XTermParser, "debug"),
}


def _driver() -> Driver:
    return HeadlessDriver(App(), size=(80, 24))


#: The private attributes that `tui/terminal/` reads, each with an object that must have it and the type it must have.
ATTRIBUTES: Final[dict[str, tuple[Callable[[], object], type | tuple[type, ...]]]] = {
    "_ansi": (Style, (str, type(None))),
    "_batch_count": (App, int),
    "_color_system": (Console, (int, type(None))),
    "_debug": (_driver, bool),
    "_driver": (App, (Driver, type(None))),
    "_previous_cursor_position": (App, tuple),
    "_running": (App, bool),
    "_sender": (lambda: events.Idle(), (MessagePump, type(None))),
    "_styles_cache": (Widget, object),
    "_timeout_time": (XTermParser, (float, type(None))),
}
#: Names that are looked for by other means below, and one of `os`.
OTHERS: Final = {"_file", "_on_key", "_key_", "_exit"}


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_a_private_callable_is_as_it_was(name: str) -> None:
    function, parameters = CALLABLES[name]
    assert list(inspect.signature(function).parameters) == parameters.split()


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
async def test_a_private_attribute_is_as_it_was(name: str) -> None:
    make, kind = ATTRIBUTES[name]
    assert isinstance(getattr(make(), name), kind)


def test_the_cache_of_painted_lines_can_be_cleared() -> None:
    Widget()._styles_cache.clear()


def test_the_drivers_file_is_replaced_before_it_is_used() -> None:
    assert "self._file = sys.__stderr__" in inspect.getsource(LinuxDriver.__init__)


def test_widgets_with_keys_of_their_own_define_one_of_three_handlers() -> None:
    assert 'f"_{method_name}"' in inspect.getsource(MessagePump._get_dispatch_methods)
    assert 'f"key_{key}", None) or getattr(pump, f"_key_{key}"' in inspect.getsource(dispatch_key)


def test_updates_say_what_they_paint() -> None:
    layout = LayoutUpdate([], None)  # type: ignore[arg-type]
    chops = ChopsUpdate([], [], [])
    assert (hasattr(layout, "strips"), hasattr(layout, "region")) == (True, True)
    assert (chops.chops, chops.spans, chops.chop_ends) == ([], [], [])
    assert issubclass(LayoutUpdate, CompositorUpdate)
    assert issubclass(ChopsUpdate, CompositorUpdate)


def test_every_private_name_in_the_terminal_folder_is_checked_here() -> None:
    used = {
        name
        for module in modules()
        if module.__name__.startswith(_TERMINAL)
        for name in private_names(tree_of(module)) - own_names(tree_of(module))
    }
    assert used - CALLABLES.keys() - ATTRIBUTES.keys() - OTHERS == set()


def test_nothing_outside_the_terminal_folder_uses_private_names_of_textual() -> None:
    found = [
        f"{module.__name__}: {name}"
        for module in modules()
        if not module.__name__.startswith(_TERMINAL)
        for name in sorted(foreign_imports(tree_of(module)) | textual_names(module) | excused_names(module))
    ]
    assert found == []


def test_no_class_has_more_than_four_of_ours_above_each_other() -> None:
    deep = {
        cls.__qualname__: depth
        for module in modules()
        for cls in vars(module).values()
        if isinstance(cls, type)
        and (depth := sum(base.__module__.startswith("ssmtrail.") for base in cls.__mro__)) > _DEEPEST
    }
    assert deep == {}


@cache
def modules() -> tuple[ModuleType, ...]:
    """All modules of the screens and the widgets."""
    return tuple(
        importlib.import_module(info.name)
        for package in (ssmtrail.tui, ssmtrail.widgets)
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not info.name.endswith("__main__")
    )


@cache
def tree_of(thing: object) -> ast.Module:
    return ast.parse(inspect.cleandoc("\n" + inspect.getsource(thing)))  # type: ignore[arg-type]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def private_names(tree: ast.AST) -> set[str]:
    """Private names that are read, called, overridden or imported."""
    return {name for node in ast.walk(tree) for name in names_in(node) if is_private(name)}


def names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield node.name
    elif isinstance(node, ast.ImportFrom):
        yield from (node.module or "").split(".")
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        yield node.value


def own_names(tree: ast.AST) -> set[str]:
    """Private names that the code itself gives: functions of a module, methods and attributes that Textual lacks."""
    textual = private_names_of(App) | private_names_of(Widget) | private_names_of(LinuxDriver)
    functions = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assigned = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return (functions | assigned) - textual


def foreign_imports(tree: ast.AST) -> set[str]:
    """Private modules and names that are imported from Textual or Rich."""
    return {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"textual", "rich"}
        for name in names_in(node)
        if is_private(name)
    }


def textual_names(module: ModuleType) -> set[str]:
    """Private names of Textual that the module's widgets, screens and apps use, or hide by one of their own."""
    return {
        f"{cls.__name__}.{name}"
        for cls in vars(module).values()
        if isinstance(cls, type) and cls.__module__ == module.__name__ and issubclass(cls, MessagePump)
        for name in private_names(tree_of(cls)) & private_names_of(cls)
    }


def private_names_of(cls: type[Any]) -> set[str]:
    """Private names of a class's Textual bases."""
    bases = [base for base in cls.__mro__ if base.__module__.startswith("textual.")]
    return {name for base in bases for name in names_of_base(base)}


def excused_names(module: ModuleType) -> set[str]:
    """Lines where the linter, which forbids private names of other objects, is told to look away."""
    return {line.strip() for line in inspect.getsource(module).splitlines() if "noqa: SLF001" in line}


@cache
def names_of_base(base: Hashable) -> frozenset[str]:
    """Private names of one Textual class: its methods, and the attributes of itself that it uses."""
    return frozenset(
        name
        for node in ast.walk(tree_of(base))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
        for name in names_in(node)
        if is_private(name)
    )
