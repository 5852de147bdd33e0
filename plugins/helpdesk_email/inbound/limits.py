"""The table of limits for mail from outside: one place, so that it can be read, documented and tested.

Everything here is checked before the costly work it bounds. What lies beyond a limit is cut and named in the
defects of the mail, never an exception; the raw mail is kept whole elsewhere. Only a mail above `MAIL_BYTES` is
refused as a whole, with its headers kept. This module must hold nothing but numbers.
"""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

MAIL_BYTES: Final = 25 * MIB
"""A whole mail as it came."""
PARTS: Final = 50
"""Leaves of the MIME tree: texts and files."""
LEVELS: Final = 100
"""Multiparts inside multiparts."""
SEARCHED_BYTES: Final = 4 * MAIL_BYTES
"""Bytes searched for delimiters over all levels, so that depth times size stays bounded."""
RECIPIENTS: Final = 500
"""Mailboxes in one address field."""
HEADER_BLOCK_BYTES: Final = 256 * KIB
"""All header fields of one part together."""
STRUCTURED_FIELD_BYTES: Final = 8 * KIB
"""One field that is parsed by a grammar (Content-*, From, Date, Authentication-Results, ...)."""
FIELD_BYTES: Final = 64 * KIB
"""One of the other fields; lists of recipients and References count here, since honest ones grow long."""
SUBJECT_CHARACTERS: Final = 2000
NAME_CHARACTERS: Final = 200
"""The name of a person beside an address."""
ADDRESS_CHARACTERS: Final = 320
MESSAGE_ID_CHARACTERS: Final = 998
REFERENCES: Final = 200
"""Message-IDs kept of one References field: the newest."""
FILE_NAME_CHARACTERS: Final = 150
FILE_NAME_BYTES: Final = 240
"""Below the 255 that file systems and zip tools take, with room for a number in front."""
TEXT_CHARACTERS: Final = MIB
"""Text and HTML read of all parts together; what is longer is cut, and the whole of it kept as a file."""
HTML_CHARACTERS: Final = MIB
"""HTML made harmless at once."""
HTML_LEVELS: Final = 256
"""Elements inside elements; the sanitiser takes quadratic time in this depth."""
AUTHENTICATION_RESULTS: Final = 25
"""Authentication-Results fields read, from the top, where our own server writes."""
RECORDED_FIELDS: Final = 200
"""Header fields kept for the record of a decision."""
RECORDED_VALUE_CHARACTERS: Final = 1000
DEFECTS: Final = 50
"""Different defects named for one mail."""

PARSE_CPU_SECONDS: Final = 4
"""Processor time for one try at one mail; there are at most two tries."""
PARSE_WALL_SECONDS: Final = 15.0
PARSE_MEMORY_BYTES: Final = 512 * MIB
"""Address space of a parser process."""
