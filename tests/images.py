"""Draws the SVG of a screen as pixels: PNG pictures, and an animated GIF of several.

Many viewers misplace the text of such an SVG, because they lack its font; pixels look the same everywhere. Needs the
extra `pictures` (CairoSVG and Pillow) and the fonts of DejaVu.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Final

import cairosvg
from PIL import Image, ImageColor, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: As many as a picture with a palette may have.
_COLOURS: Final = 256
_CAPTION: Final = 40
_FONT: Final = "DejaVu Sans Mono"
_CAPTION_FONT: Final = "DejaVuSans.ttf"


_COLOUR: Final = re.compile(r"#[0-9a-f]{6}\b")
_TEXT: Final = re.compile(r'x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"([^>]*)>([^<]*)</text>')


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen as pixels, and the colours that it was drawn with; between them lie those of smooth edges."""

    image: Image.Image
    colours: frozenset[tuple[int, ...]]


def pixels(svg: str, width: int) -> Picture:
    """A screen drawn `width` pixels wide, each character in its own cell."""
    placed = _TEXT.sub(_each_in_its_cell, svg).replace("Fira Code", _FONT)
    drawn = cairosvg.svg2png(bytestring=placed.encode(), output_width=width)
    colours = frozenset(ImageColor.getrgb(each)[:3] for each in _COLOUR.findall(svg))
    return Picture(Image.open(io.BytesIO(drawn)).convert("RGB"), colours)


def _each_in_its_cell(found: re.Match[str]) -> str:
    x, y, length, rest, words = found.groups()
    text = unescape(words)
    cell = float(length) / max(1, len(text))
    places = " ".join(f"{float(x) + cell * index:.1f}" for index in range(len(text)))
    return f'x="{places}" y="{y}"{rest}>{words}</text>'


def save_png(picture: Picture, path: Path) -> None:
    """Write a picture with a palette, a third of the size of one with all colours."""
    _reduced([picture])[0].save(path, optimize=True)


def captioned(picture: Picture, words: str) -> Picture:
    """The picture with a line of words below it."""
    screen = picture.image
    whole = Image.new("RGB", (screen.width, screen.height + _CAPTION), "#101418")
    whole.paste(screen)
    place = (whole.width // 2, screen.height + _CAPTION // 2)
    ImageDraw.Draw(whole).text(place, words, fill="#e8c060", font=ImageFont.truetype(_CAPTION_FONT, 20), anchor="mm")
    return Picture(whole, picture.colours)


def save_gif(pictures: Sequence[Picture], seconds: Sequence[float], path: Path) -> None:
    """Write an animation that begins again at its end; each picture is shown for its time.

    All pictures share one palette, so that what stays the same from one to the next costs nothing.
    """
    first, *others = _reduced(pictures)
    times = [round(each * 1000) for each in seconds]
    first.save(path, save_all=True, append_images=others, duration=times, loop=0, optimize=True)


def _reduced(pictures: Sequence[Picture]) -> list[Image.Image]:
    """The pictures with one palette: the colours that they were drawn with, then those that they have most of."""
    counts: Counter[tuple[int, ...]] = Counter()
    for each in pictures:
        for count, colour in each.image.getcolors(each.image.width * each.image.height) or []:
            assert isinstance(colour, tuple)
            counts[colour] += count
    drawn = sorted({colour for each in pictures for colour in each.colours if colour in counts})
    common = [colour for colour, _ in counts.most_common(_COLOURS) if colour not in drawn]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in [*drawn, *common][:_COLOURS] for part in colour])
    return [each.image.quantize(palette=palette, dither=Image.Dither.NONE) for each in pictures]
