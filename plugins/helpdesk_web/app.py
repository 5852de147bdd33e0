"""The application: every page as a route of Litestar, and the headers around them all."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Litestar, Response
from litestar import route as http_route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from helpdesk_web.channel import WebChannel
from helpdesk_web.dispatch import Dispatcher, Http
from helpdesk_web.errors import Unknown
from helpdesk_web.headers import with_headers
from helpdesk_web.routing import Route
from helpdesk_web.static import PREFIX


def build_app(channel: WebChannel, routes: Sequence[Route]) -> ASGIApp:
    """Return the application of one site.

    Args:
        channel: What its pages share.
        routes: Its pages, see `helpdesk_web.sitemap`.
    """
    dispatcher = Dispatcher(channel, routes)

    def failed(http: Http, error: Exception) -> Response[bytes]:
        if isinstance(error, HTTPException) and error.status_code in (404, 405):
            return dispatcher.fail(http, Unknown(error.status_code))
        return dispatcher.fail(http, error)

    litestar = Litestar(
        route_handlers=[
            _static(channel),
            *(_handler(dispatcher, route) for route in routes),
            _as_handler("/{unknown:path}", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], dispatcher.nowhere),
        ],
        exception_handlers={Exception: failed, HTTPException: failed},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return with_headers(litestar, encrypted=channel.encrypted)


def _handler(dispatcher: Dispatcher, route: Route) -> HTTPRouteHandler:
    async def answer(http: Http) -> Response[bytes]:
        return await dispatcher.handle(route, http)

    methods = [*(("GET", "HEAD") if route.get else ()), *(("POST",) if route.post else ())]
    path = route.path.replace("}", ":str}")
    return _as_handler(path, methods, answer)


def _static(channel: WebChannel) -> HTTPRouteHandler:
    async def serve(http: Http) -> Response[bytes]:
        asset = channel.assets.find(str(http.path_params["file"]).lstrip("/"))
        if asset is None:
            raise Unknown(404)
        # The address changes with the bytes, so nobody needs to ask again.
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(asset.content, status_code=200, headers=headers, media_type=asset.media_type)

    return _as_handler(f"{PREFIX}{{file:path}}", ["GET", "HEAD"], serve)


def _as_handler(
    path: str, methods: list[Any], answer: Callable[[Http], Awaitable[Response[bytes]]]
) -> HTTPRouteHandler:
    async def handle(request: Http) -> Response[bytes]:
        return await answer(request)

    # Bodies are bounded while they are read, by what the reader may send: see `forms`.
    return http_route(path, http_method=methods, request_max_body_size=None, status_code=200)(handle)
