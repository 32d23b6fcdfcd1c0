"""A worker made ready: its model warm, its memory bounded, its predecessor's files gone."""

from __future__ import annotations

import logging
from pathlib import Path

from trifold.media.decoder.children import check_children
from trifold.media.decoder.handle import start_ahead
from trifold.runtime.memory import settle
from trifold.runtime.sandbox.mode import use_mode
from trifold.serve.settings import Settings
from trifold.serve.worker.folders import sweep
from trifold.serve.worker.limits import bound_memory
from trifold.serve.worker.service import Service

logger = logging.getLogger(__name__)


def ready_service(bundle: Path, settings: Settings, *, version: str) -> Service:
    """Load a bundle, clear what a killed worker left, and warm up.

    Args:
        bundle: its folder.
        settings: limits and folders.
        version: of the model as it is served.

    Raises:
        BundleError, EncoderError, PolicyError, InputError: see ``trifold.serve.worker.model.load``.
    """
    use_mode(settings.sandbox)
    start_ahead()
    swept = sweep(settings)
    service = Service(bundle, settings, version=version)
    service.scorer.warm_up()
    check_children()
    settle()
    bound_memory(settings.max_memory_mib)
    logger.info(
        "ready with bundle %s; %d left-over folders removed", service.scorer.bundle_id, swept
    )
    return service
