"""Answers into responses: status, headers and bytes. Sets no cookie and reads no database."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from litestar import Response

from helpdesk_core.files import PICTURES, UNKNOWN, media_type_of
from helpdesk_web.errors import error_page, last_resort
from helpdesk_web.exchange import Data, Download, Page, Request, Sandboxed
from helpdesk_web.frame import Frame
from helpdesk_web.headers import FOREIGN_HTML, FRAMES, SANDBOX
from helpdesk_web.redirects import own_path
from helpdesk_web.views import NoticeView

_NAMED: Final = PICTURES | {
    "application/pdf",
    "application/zip",
    "text/csv",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
}
"""Types that a download may name; every other is just bytes."""


def page(frame: Frame, request: Request, answer: Page, notices: Sequence[NoticeView]) -> Response[bytes]:
    """Return the response with a page.

    Args:
        frame: What stands around it.
        request: What it answers.
        answer: The page.
        notices: Sentences that the page before left for this one.
    """
    status = answer.status
    try:
        text = frame.html(request, answer, notices)
    except Exception as error:  # noqa: BLE001 - a broken template of a site; the page about errors may still work
        broken = error_page(error, request.words)
        text, status = last_resort(lambda: frame.html(request, broken)), broken.status
    headers = {"content-language": request.words.language}
    if answer.retry_after:
        headers["retry-after"] = str(answer.retry_after)
    if answer.frames:
        headers["content-security-policy"] = FRAMES
    if status == 401:
        headers["www-authenticate"] = 'Cookie form-action="/login"'
    return Response(text.encode(), status_code=status, headers=headers, media_type="text/html")


def redirect(path: str) -> Response[bytes]:
    """Return the response that leads on, to a page of this site whatever was wanted."""
    return Response(b"", status_code=303, headers={"location": own_path(path)}, media_type="text/plain")


def plain(answer: Download | Sandboxed | Data) -> Response[bytes]:
    """Return the response with something that has no frame around it."""
    match answer:
        case Download():
            return _download(answer)
        case Sandboxed():
            headers = {"content-security-policy": FOREIGN_HTML, "referrer-policy": "no-referrer"}
            return Response(answer.html.encode(), status_code=200, headers=headers, media_type="text/html")
        case Data():
            headers = {"content-security-policy": SANDBOX}
            return Response(answer.content, status_code=answer.status, headers=headers, media_type=answer.media_type)


def _download(answer: Download) -> Response[bytes]:
    """Return the response with a file; how it is shown is judged by its bytes and by nothing else."""
    media_type = media_type_of(answer.name, answer.content[:8192])
    shown = answer.picture and media_type in PICTURES
    plain_name = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in answer.name)
    name = f"filename=\"{plain_name}\"; filename*=UTF-8''{quote(answer.name, safe='')}"
    return Response(
        answer.content,
        status_code=200,
        headers={
            "content-disposition": f"{'inline' if shown else 'attachment'}; {name}",
            "content-security-policy": SANDBOX,
        },
        media_type=media_type if media_type in _NAMED else UNKNOWN,
    )
