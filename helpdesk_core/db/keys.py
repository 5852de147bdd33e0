"""Keys of rows: UUIDs that sort in the order in which this process made them (RFC 9562, version 7).

A key is a name, never a time: what happened when stands in a column filled from the clock. So the machine's own
time is read here, not the clock of the site.
"""

import os
import threading
import time
from typing import Final
from uuid import UUID

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_RANDOM: Final = (1 << 62) - 1

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Return a new key, greater than every key this process made before, also when its clock was set back.

    48 bits of milliseconds, 12 bits of their fraction (RFC 9562, section 6.2, method 3), 62 random bits. Serves as
    the default of a Piccolo column.
    """
    global _last  # noqa: PLW0603 - the order of keys is a property of the process
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    moment = milliseconds << 12 | (rest << 12) // 1_000_000
    with _lock:
        # Two keys in one step, or a clock that went back: count on from the last. A full fraction carries into the
        # milliseconds, which keeps the order.
        _last = moment = max(moment, _last + 1)
    random = int.from_bytes(os.urandom(8)) & _RANDOM
    return UUID(int=(moment >> 12) << 80 | _VERSION | (moment & 0xFFF) << 64 | _VARIANT | random)
