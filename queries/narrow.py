"""Cutting the JSON of narrow rows: to listed members, to the tags and resources that name machines."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ssmtrail.queries.raw_calls import TAG_CALLS, TAG_KEYS

if TYPE_CHECKING:
    from ssmtrail.queries.raw_calls import Listed

_STRICT: Final = msgspec.json.Decoder()
_QUICK: Final = msgspec.json.Encoder()
#: A whole string, a bracket, a comma, or the quote of a string without an end.
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[][{},]|"', re.DOTALL)
_CLOSING: Final = {"{": "}", "[": "]"}
_MACHINE: Final = ("i-", "mi-")
_INSTANCE: Final = "i-"
_MOST_DIGITS: Final = 400
#: The member that says that some of a cut text was left out.
CUT: Final = "cut"


def narrowed(text: str | None, listed: Listed | None) -> str | None:
    """The JSON text of an object with only the listed members that it has, in their order; NULL stays NULL.

    A text that holds the object as JSON is read too. Where the JSON is cut (a table cuts at 100 KB), the result has the
    members and list items that are whole, and `"cut":true`. Anything else gives `{}`.
    """
    if text is None or listed is None:
        return None
    loaded, is_cut = _loaded(text)
    return None if loaded is None else _dumped(_kept(loaded, listed) | ({CUT: True} if is_cut else {}))


def narrowed_tags(text: str | None, listed: Listed | None) -> str | None:
    """The same for the request of a tag call: of its resources only machines', of its tags only those of `TAG_KEYS`."""
    if text is None or listed is None:
        return None
    loaded, is_cut = _loaded(text)
    if loaded is None:
        return None
    kept = _kept(loaded, listed)
    if "resourcesSet" in kept:
        kept["resourcesSet"] = {"items": [each for each in _items(loaded, "resourcesSet") if _starts(each, _MACHINE)]}
    if "tagSet" in kept:
        kept["tagSet"] = {"items": [each for each in _items(kept, "tagSet") if _is_naming(each)]}
    return _dumped(kept | ({CUT: True} if is_cut else {}))


def wants_tags(name: str, text: str | None) -> bool:
    """Whether a tag call with this request is wanted, see `TAG_CALLS`."""
    if text is None or name not in TAG_CALLS or (_INSTANCE not in text and "\\" not in text):
        return False
    request, _ = _loaded(text)
    if request is None or not any(_starts(each, (_INSTANCE,)) for each in _items(request, "resourcesSet")):
        return False
    tags = _items(request, "tagSet")
    return any(map(_is_naming, tags)) or (name == "DeleteTags" and not tags)


def _items(request: dict[str, Any], name: str) -> list[Any]:
    """The objects of a list of EC2: `{"items":[…]}`."""
    listed = request.get(name)
    if isinstance(listed, dict):
        listed = listed.get("items")
    if isinstance(listed, dict):
        return [listed]
    return listed if isinstance(listed, list) else []


def _starts(resource: Any, prefixes: tuple[str, ...]) -> bool:
    return isinstance(resource, dict) and str(resource.get("resourceId")).startswith(prefixes)


def _is_naming(tag: Any) -> bool:
    return isinstance(tag, dict) and str(tag.get("key")).lower() in TAG_KEYS


def _kept(value: dict[str, Any], listed: Listed) -> dict[str, Any]:
    """The listed members; those that should be objects and are not are left out, null is kept."""
    kept = {}
    for name, inner in listed.items():
        if name not in value:
            continue
        member = value[name]
        if not inner or member is None:
            kept[name] = member
        elif isinstance(member, dict):
            kept[name] = _kept(member, inner)
        elif isinstance(member, list):
            kept[name] = [_kept(each, inner) for each in member if isinstance(each, dict)]
    return kept


def _loaded(text: str) -> tuple[dict[str, Any] | None, bool]:
    """The object in a JSON text or in a text that it holds, and whether it is cut; None for null."""
    is_cut = False
    try:
        loaded = _load(text)
        if isinstance(loaded, str):
            loaded, is_cut = _load_cut(loaded)
    except (ValueError, RecursionError):
        loaded, is_cut = _load_cut(text)
    if loaded is None:
        return None, False
    return (loaded if isinstance(loaded, dict) else {}), is_cut


def _load_cut(text: str) -> tuple[Any, bool]:
    try:
        return _load(text), False
    except (ValueError, RecursionError):
        pass
    try:
        return _load(_whole(text)), True
    except (ValueError, RecursionError):
        return {}, True


def _whole(text: str) -> str:
    """The whole part of a cut JSON text: members outside lists, items of the outermost list, with brackets closed."""
    opened: list[str] = []
    lists = end = 0
    closing = ""
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign == '"':
            break
        if sign in _CLOSING:
            opened.append(_CLOSING[sign])
            lists += sign == "["
        elif sign in ("}", "]"):
            if not opened or opened.pop() != sign:
                break
            lists -= sign == "]"
        elif sign != ",":
            continue
        if sign != "," and lists == 0 and not opened:
            break
        if lists == 0 or (lists == 1 and opened[-1] == "]"):
            end = token.start() if sign == "," else token.end()
            closing = "".join(reversed(opened))
    return text[:end] + closing


def _load(text: str) -> Any:
    """The value of a JSON text; what the strict and quick parser refuses is read tolerantly."""
    try:
        return _STRICT.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return json.loads(text, parse_constant=_nothing, parse_float=_float, parse_int=_integer, strict=False)


def _nothing(_: str) -> None:
    return None


def _float(digits: str) -> float | None:
    """A number; None for one that JSON cannot write again."""
    return number if math.isfinite(number := float(digits)) else None


def _integer(digits: str) -> int | None:
    """An integer; None for one with more digits than Python converts."""
    return int(digits) if len(digits) < _MOST_DIGITS else None


def _dumped(value: Any) -> str:
    """JSON text without lone surrogates, which UTF-8 cannot encode."""
    try:
        return _QUICK.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):
        pass
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
