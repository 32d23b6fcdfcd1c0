"""Speaking HTTP: every refusal as a problem document, also of what is no HTTP, and an orderly end.

Whatever comes, nothing of it lands in a log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from aiohttp import web

from trifold.codes import Code
from trifold.serve.access.api_keys import Callers
from trifold.serve.gateway.events import Events
from trifold.serve.gateway.upstream import UpstreamResponse
from trifold.serve.problems import CONTENT_TYPE, Problem, place_of
from trifold.serve.update.handover import Handover

CALLER = web.RequestKey("caller", str)
STOP = web.AppKey("stop", asyncio.Event)
CHALLENGE = 'Bearer, Basic realm="trifold", charset="UTF-8"'
LEAVING = web.AppKey("leaving", asyncio.Event)  # set once another gateway takes connections
ON_LEAVE = web.AppKey("on_leave", Callable[[], Awaitable[None]])  # done then
KEEPALIVE_S, BACKLOG = 75.0, 128
SETTLE_S = 1.0  # in which a connection that was just taken is counted
MOST_TASKS_S = 5.0  # for what is left after everybody was answered
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
logger = logging.getLogger(__name__)


class Protocol(web.RequestHandler):
    """Answers what is no HTTP in our words. Bodies pass as they are, packed or not."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A problem document; the connection is closed after it.

        Raises:
            ConnectionError: when part of an answer has been sent already.
        """
        if request.writer.output_size > 0:
            raise ConnectionError("an answer had begun")
        problem = Problem(400, Code.BAD_REQUEST, "expected a request in HTTP/1.1")
        if status >= 500:
            problem = _internal(exc)
        answer = response(refused(problem))
        answer.force_close()
        return answer


def problems(events: Events) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """A middleware: refusals are counted and become problem documents."""

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _refuse_packed(request)
            return await handler(request)
        except Problem as raised:
            problem, headers = raised, {}
        except web.HTTPException as error:
            code = str(error.reason).upper().replace(" ", "_")
            problem = Problem(error.status, code, str(error.reason))
            headers = {k: v for k, v in error.headers.items() if k.lower() == "allow"}
        except Exception as error:
            problem, headers = _internal(error), {}
        events.count(request.get(CALLER, ""), problem.code)
        return response(refused(problem, headers))

    return refuse


def knowing(callers: Callers) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """A middleware: a server that stood still looks first who may call."""

    @web.middleware
    async def catch_up(request: web.Request, handler: Handler) -> web.StreamResponse:
        await callers.catch_up()
        return await handler(request)

    return catch_up


@web.middleware
async def until_stopped(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer for a request that is not done when the server has to end.

    Raises:
        Problem: 503.
    """
    work = asyncio.ensure_future(handler(request))
    stop = asyncio.ensure_future(request.app[STOP].wait())
    try:
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Problem(503, Code.STOPPING, "the server is being stopped")
        return work.result()
    finally:
        work.cancel()
        stop.cancel()


def stop_after(app: web.Application, seconds: float) -> None:
    """Let requests be done for so long once the application shuts down."""

    async def open_(_: web.Application) -> None:
        app[STOP] = asyncio.Event()

    async def close(_: web.Application) -> None:
        asyncio.get_running_loop().call_later(seconds, app[STOP].set)

    app.on_startup.append(open_)
    app.on_shutdown.append(close)


async def listen(
    app: web.Application, host: str, port: int, stop_s: float, handover: Handover
) -> None:
    """Serve until SIGTERM, SIGINT or the next gateway, then let requests be done for a while.

    Args:
        app: what answers.
        host: where to listen.
        port: where to listen.
        stop_s: seconds that requests get.
        handover: from the gateway before, and to the one that comes next.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # connections that say nothing
    runner = web.AppRunner(app, shutdown_timeout=stop_s + MOST_TASKS_S)
    await runner.setup()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    server = runner.server
    if server is None:
        raise RuntimeError("the application is not set up")
    speak = partial(
        Protocol,
        server,
        loop=loop,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=KEEPALIVE_S,
    )
    await handover.take()
    listeners = [
        await loop.create_server(speak, sock=one, backlog=BACKLOG) for one in handover.sockets
    ] or [await loop.create_server(speak, host, port, backlog=BACKLOG, reuse_address=True)]

    async def leave() -> None:
        app[LEAVING].set()
        await take_no_more(listeners)
        await app[ON_LEAVE]()

    own = [one.fileno() for listener in listeners for one in listener.sockets]
    given = await handover.offer(own, leave)
    given.add_done_callback(lambda _: ended.set())
    try:
        await ended.wait()
        end_s, quiet_s = loop.time() + stop_s, loop.time()
        while app[LEAVING].is_set() and loop.time() < end_s:
            if server.connections:  # their clients have not closed them yet
                quiet_s = loop.time()
            elif loop.time() > quiet_s + SETTLE_S:  # looked at anew where the machine stood still
                break
            await asyncio.sleep(0.05)
    finally:
        given.cancel()
        handover.close()
        await take_no_more(listeners)
        await runner.cleanup()


async def take_no_more(listeners: Sequence[asyncio.Server]) -> None:
    """Close the listeners; connections that were accepted already are served.

    A closed ``asyncio.Server`` drops what it accepted in the same turn of the loop, and clients
    hear of it when Python collects the socket. So accepting ends first, and a turn goes by.
    """
    loop = asyncio.get_running_loop()
    for listener in listeners:
        for one in listener.sockets:
            loop.remove_reader(one.fileno())
    await asyncio.sleep(0)
    for listener in listeners:
        listener.close()


def refused(problem: Problem, headers: dict[str, str] | None = None) -> UpstreamResponse:
    """A problem as an answer."""
    own = {401: {"WWW-Authenticate": CHALLENGE}, 415: {"Accept-Encoding": "identity"}}
    named = problem.headers | own.get(problem.status, {}) | (headers or {})
    return UpstreamResponse(problem.status, problem.body(), CONTENT_TYPE, named)


def _refuse_packed(request: web.Request) -> None:
    """A small body may be packed of a huge one, so none that is packed is taken.

    Raises:
        Problem: 415.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Problem(415, Code.ENCODING_REFUSED, "expected a body without Content-Encoding")


def code_in(answer: UpstreamResponse) -> str:
    """The code in a problem document that a worker wrote."""
    try:
        return str(json.loads(answer.body)["code"])
    except (ValueError, LookupError, TypeError):
        return f"HTTP_{answer.status}"


def response(answer: UpstreamResponse) -> web.Response:
    """An answer for aiohttp; no cache keeps it."""
    headers = {**answer.headers, "Content-Type": answer.content_type, "Cache-Control": "no-store"}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _internal(error: BaseException | None) -> Problem:
    """The message may quote what was sent: the log gets kind and place alone."""
    logger.error("internal error: %s", place_of(error) if error else "unknown")
    return Problem(500, Code.INTERNAL_ERROR, "please report this")
