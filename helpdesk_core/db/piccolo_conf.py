"""What Piccolo's migration code looks for: the tables that a migration makes up on the fly have no engine of their own.

`migrations` and `generation` name this module in `PICCOLO_CONF`; nothing else needs it.
"""

import os

from helpdesk_core.db.routing import DB

__all__ = ["DB", "tell_piccolo"]


def tell_piccolo() -> None:
    """Name this module to Piccolo, for this process and those it starts."""
    os.environ["PICCOLO_CONF"] = __name__
