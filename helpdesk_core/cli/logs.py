"""What a process writes to its log: one line a record, or JSON lines; never texts or addresses of customers."""

import logging
import os
import sys
from typing import Final

import msgspec

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a record, with everything given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class PlainLines(logging.Formatter):
    """One readable line a record, with everything given as `extra` at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = super().format(record)
        extra = {key: value for key, value in vars(record).items() if key not in _OWN}
        return f"{line} {extra}" if extra else line


def configure_logging() -> None:
    """Log to standard error; `HELPDESK_LOG=json` asks for JSON lines, `HELPDESK_LOG_LEVEL` for more or less."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("HELPDESK_LOG") == "json":
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(PlainLines("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=os.environ.get("HELPDESK_LOG_LEVEL", "INFO").upper(), handlers=[handler], force=True)
