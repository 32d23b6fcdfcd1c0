"""The web server of the studio, and the process beside it that does its jobs."""

from __future__ import annotations

import uvicorn

from trifold.runtime.private import take_umask
from trifold.studio.accounts.setup import setup_token
from trifold.studio.jobs.keeper import Keeper
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import application, open_studio


def serve(settings: StudioSettings) -> None:
    """Serve until a signal.

    Raises:
        InputError: when the database is of a later release.
    """
    take_umask()
    studio = open_studio(settings)
    address = settings.address or f"http://{settings.host}:{settings.port}"
    token = setup_token(settings.home, studio.database)
    print(f"studio: {address}{f'/set-up/{token}' if token else ''}", flush=True)
    if token:
        print("The link makes the first account, an administrator. It works once.", flush=True)
    with Keeper(studio, settings.workers):
        uvicorn.run(
            application(studio),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,  # addresses hold names of people
            proxy_headers=settings.address is not None,
            server_header=False,
            timeout_graceful_shutdown=3,  # pages that listen to jobs never end by themselves
        )
