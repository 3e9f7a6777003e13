"""What AWS's library works out the same way for every client: a process does it once, not once a test."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import botocore.hooks
import botocore.regions
from botocore.endpoint_provider import EndpointProvider
from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader, Loader

if TYPE_CHECKING:
    from collections.abc import Callable

#: What events are called today, by the names that they are registered with.
_ALIASES: Final[dict[str, str]] = {}
#: Whether a handler takes any keyword, by its code.
_TAKES_KEYWORDS: Final[dict[object, Any]] = {}
#: The rules of a service's endpoints, by the identities of what they are read from, which lives as long as they do.
_ENDPOINTS: Final[dict[tuple[int, int, object], tuple[EndpointProvider, Any, Any]]] = {}
#: What lies in the folders of descriptions, by the question, its arguments and the folders.
_LISTED: Final[dict[tuple[object, ...], Any]] = {}


def install() -> None:
    """Let sessions share what none of them changes, as the clients of one session do."""
    JSONFileLoader.load_file = _shared(JSONFileLoader.load_file)
    for name in ("list_available_services", "list_api_versions"):
        setattr(Loader, name, _listed(getattr(Loader, name)))
    botocore.hooks.accepts_kwargs = _by_code(botocore.hooks.accepts_kwargs)
    EventAliaser.__init__ = _with_known_names(EventAliaser.__init__)
    botocore.regions.EndpointProvider = _endpoints


def _shared(load: Callable[[JSONFileLoader, str], Any]) -> Callable[[JSONFileLoader, str], Any]:
    @cache
    def loaded(path: str) -> Any:
        return load(JSONFileLoader(), path)

    return lambda _, path: loaded(path)


def _listed(look: Callable[..., Any]) -> Callable[..., Any]:
    def listed(loader: Loader, *asked: str) -> Any:
        key = (look.__qualname__, look, *asked, *(path for path in loader.search_paths if Path(path).is_dir()))
        if key not in _LISTED:
            _LISTED[key] = look(loader, *asked)
        return _LISTED[key]

    return listed


def _by_code(inspect: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def takes(handler: Any) -> Any:
        code = getattr(handler, "__code__", None)
        if code is None:
            return inspect(handler)
        if code not in _TAKES_KEYWORDS:
            _TAKES_KEYWORDS[code] = inspect(handler)
        return _TAKES_KEYWORDS[code]

    return takes


def _with_known_names(init: Callable[..., None]) -> Callable[..., None]:
    def known(self: EventAliaser, *given: Any, **more: Any) -> None:
        init(self, *given, **more)
        self._alias_name_cache = _ALIASES

    return known


def _endpoints(ruleset_data: Any, partition_data: Any, excluded_params: Any = None) -> EndpointProvider:
    key = (id(ruleset_data), id(partition_data), excluded_params and frozenset(excluded_params))
    if key not in _ENDPOINTS:
        made = EndpointProvider(ruleset_data, partition_data, excluded_params)
        _ENDPOINTS[key] = (made, ruleset_data, partition_data)
    return _ENDPOINTS[key][0]
