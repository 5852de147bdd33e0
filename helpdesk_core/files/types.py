"""What kind of file it is: judged by its bytes, never by what the sender claims alone."""

import filetype

_SAFE_BY_ENDING = {
    "csv": "text/csv",
    "log": "text/plain",
    "md": "text/plain",
    "txt": "text/plain",
    "ics": "text/calendar",
    "eml": "message/rfc822",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that browsers show without running anything in them."""

UNKNOWN = "application/octet-stream"


def media_type_of(name: str, head: bytes) -> str:
    """Return the media type to store for a file.

    Args:
        name: Its cleaned name.
        head: Its first bytes, 8192 are enough.
    """
    guess = filetype.guess(head)
    if guess is not None and guess.mime != "application/zip":
        return str(guess.mime)
    ending = name.rpartition(".")[2].lower()
    by_ending = _SAFE_BY_ENDING.get(ending, UNKNOWN)
    if guess is not None:
        return by_ending if by_ending.startswith("application/vnd.") else "application/zip"
    if by_ending.startswith("text/") and b"\0" in head:
        return UNKNOWN
    return by_ending
