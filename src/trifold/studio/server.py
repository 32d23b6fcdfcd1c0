"""The web server of the studio, and the process beside it that does its jobs."""

from __future__ import annotations

import gc
import logging

import uvicorn

from trifold.runtime.private import remove_unfinished, take_umask
from trifold.studio.accounts.setup import setup_token
from trifold.studio.jobs.keeper import Keeper
from trifold.studio.recordings.uploads.parts import forget_idle
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import application, open_studio
from trifold.studio.web.refusals import FOLDER as ERRORS
from trifold.studio.web.visit import PROJECTS, Studio

HEADER_BYTES = 1 << 15  # of a request's headers, all together


def serve(settings: StudioSettings) -> None:
    """Serve until a signal.

    Raises:
        InputError: when the database is of a later release.
    """
    take_umask()
    studio = open_studio(settings)
    _remove_leftovers(studio)
    address = settings.address or f"http://{settings.host}:{settings.port}"
    token = setup_token(settings.home, studio.database)
    print(f"studio: {address}{f'/set-up/{token}' if token else ''}", flush=True)
    if token:
        print("The link makes the first account, an administrator. It works once.", flush=True)
    # the whole program, in which every search for garbage would hold a page up for a tenth of a
    # second: there is none in it
    gc.collect()
    gc.freeze()
    with Keeper(studio, settings.workers):
        uvicorn.Server(configured(studio)).run()


def _remove_leftovers(studio: Studio) -> None:
    """What a killed server was about to write, or had of files that arrived."""
    home = studio.settings.home
    for folder in (home, home / ERRORS, *(home / PROJECTS).iterdir()):
        remove_unfinished(folder, deep=False)
    forget_idle(studio)


def configured(studio: Studio) -> uvicorn.Config:
    """The web server's own settings."""
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # or it tells of broken forms
    settings = studio.settings
    return uvicorn.Config(
        application(studio),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,  # addresses hold names of people
        http="h11",  # which limits how long headers may be
        h11_max_incomplete_event_size=HEADER_BYTES,
        proxy_headers=settings.proxy is not None,
        forwarded_allow_ips=settings.proxy or "",
        server_header=False,
        timeout_graceful_shutdown=3,  # pages that listen to jobs never end by themselves
    )
