"""A vendor's colour: whether it can be read, and which one stands for it on dark pages. Pure arithmetic."""

import re
from typing import Final

ENOUGH: Final = 4.5
"""Contrast that text needs (success criterion 1.4.3)."""

LIGHT: Final = ("#ffffff", "#f5f7f9", "#fff6d6")
DARK: Final = ("#14181d", "#1c2229", "#3a3215")
"""What the colour stands on in `helpdesk.css`: page, surface and note, on light and on dark pages."""

_SOFT: Final = 0.08
"""How much of the colour the softest ground has that it still stands on."""

_HEX: Final = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


def is_colour(text: str) -> bool:
    """Tell whether the text is a colour as `#0b57a4`."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def weakest(colour: str, grounds: tuple[str, ...]) -> float:
    """Return the least contrast of a colour on these grounds, and on the first one tinted with the colour itself."""
    return min(contrast(colour, ground) for ground in (*grounds, mixed(colour, grounds[0], _SOFT)))


def mixed(one: str, other: str, share: float) -> str:
    """Return a mixture: `share` of one colour, the rest of the other."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def lightened(colour: str) -> str:
    """Return the colour, with as much white as it needs to be read on dark pages."""
    steps = (mixed("#ffffff", colour, step / 20) for step in range(21))
    return next(step for step in steps if weakest(step, DARK) >= ENOUGH)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
