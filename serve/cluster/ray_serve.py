"""Ray Serve as the gateway uses it: a cluster that is joined or started here, and applications.

The gateway calls replicas itself; Ray's own HTTP is off, as it knows no keys and writes down what
it is asked. Bodies go straight to a replica, not through Ray's object store, which may write them
to a disk; what comes back is bytes, which are checked and never unpickled.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from trifold.errors import InputError
from trifold.serve.cluster.local import LOOPBACK, LocalCluster, take_token
from trifold.serve.cluster.options import ClusterOptions
from trifold.serve.cluster.replica import Replica, ReplicaTask, digests_of
from trifold.serve.engine.store import StoredModel
from trifold.serve.settings import MIB, Settings

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1"}
# a replica that is free is found so soon; Ray looks after 0.5 s, in which it would have no work
SOON = {"RAY_SERVE_ROUTER_RETRY_MAX_BACKOFF_S": "0.05"}
LARGEST = "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH"
MOST_STARTS, UPSCALE_S, DOWNSCALE_S = 2, 5.0, 300.0
HEALTH_EVERY_S, HEALTH_S = 5.0, 30.0


class RayServe:
    """Applications of one endpoint.

    Args:
        folder: of the endpoint.
        settings: limits and folders.
        options: of the cluster.
        most_workers: that a cluster which is started here has room for.

    Raises:
        InputError: when Ray Serve is not installed, or no cluster answers.

    Attributes:
        gone: errors that say that a replica, a machine or the cluster is not there.
    """

    def __init__(
        self, folder: Path, settings: Settings, options: ClusterOptions, most_workers: int
    ) -> None:
        self._settings, self._options = settings, options
        self._folder = local_folder(folder)
        self._name = self._folder.name.rpartition("-")[2]
        largest = str((settings.max_request_mib + 1) * MIB)
        self._environment = {LARGEST: largest, "OMP_NUM_THREADS": str(settings.threads or 1)}
        os.environ.update(
            QUIET | SOON | self._environment
        )  # before Ray is loaded, which looks then
        if not options.ray:
            take_token()
        self._ray, self._serve = _installed()
        errors = import_module("ray.serve.exceptions")
        self.gone: tuple[type[Exception], ...] = (
            self._ray.exceptions.RayError,
            errors.RayServeException,
            import_module("grpc").RpcError,
        )
        self._local: LocalCluster | None = None
        self._join(most_workers)
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        self._serve.start(proxy_location="Disabled", logging_config=_silent())
        for name in self._serve.status().applications:  # of a gateway that was killed
            if name.startswith(f"trifold-{self._name}-"):
                self._serve.delete(name)

    def deploy(self, model: StoredModel) -> Any:
        """Start an application; returns what calls its replicas, once they are warm.

        Raises:
            RuntimeError: with what Ray says, when none of them starts.
        """
        deployment = self._serve.deployment(Replica).options(
            name="replica",
            max_ongoing_requests=model.serving.batch_size,
            max_constructor_retry_count=MOST_STARTS,
            graceful_shutdown_timeout_s=self._settings.worker_seconds,
            graceful_shutdown_wait_loop_s=0.2,
            health_check_period_s=HEALTH_EVERY_S,
            health_check_timeout_s=HEALTH_S,
            logging_config=_silent(),
            ray_actor_options=self._actor(),
            **self._scale(model),
        )
        digests, here = digests_of(model.bundle), not self._options.ray
        task = ReplicaTask(model, digests, self._settings, here)
        name, app = self._of(model), deployment.bind(task)
        try:
            handle = self._serve.run(app, name=name, route_prefix=None, logging_config=_silent())
        except RuntimeError as error:  # which does not say what the replicas said
            found = self._serve.status().applications.get(name)
            said = [one.message for one in found.deployments.values()] if found else []
            raise RuntimeError("\n".join([str(error), *said])) from error
        return handle.options(
            _by_reference=False, request_serialization="pickle", response_serialization="noop"
        )

    def count(self, model: StoredModel) -> int | None:
        """Replicas that are warm; None where there is no such application."""
        found = self._serve.status().applications.get(self._of(model))
        if found is None:
            return None
        states = [one.replica_states for one in found.deployments.values()]
        return sum(int(counts.get("RUNNING", 0)) for counts in states)

    def remove(self, model: StoredModel) -> None:
        """End an application, once its replicas have answered."""
        with suppress(*self.gone):
            self._serve.delete(self._of(model))

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._ray.shutdown()
        if self._local is not None:
            self._local.close()

    def _join(self, most_workers: int) -> None:
        address, here = self._options.ray, {}
        if not address:
            # room for both versions of a rollout
            cpus = 2 * max(1, math.ceil(most_workers * self._options.cpus))
            self._local = LocalCluster(self._folder, cpus)
            address, here = self._local.address, {"_node_ip_address": LOOPBACK}
        try:
            self._ray.init(
                address=address,
                namespace="trifold",
                log_to_driver=False,
                logging_level=logging.ERROR,
                **here,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            self.close()
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise InputError(expected="a Ray cluster", got=reason, where="ray") from error

    def _of(self, model: StoredModel) -> str:
        return f"trifold-{self._name}-{model.name}-{model.version}"

    def _actor(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"num_cpus": self._options.cpus, "num_gpus": self._options.gpus}
        if self._options.ray:
            facts["runtime_env"] = {"env_vars": self._environment}
        return facts

    def _scale(self, model: StoredModel) -> dict[str, Any]:
        """So many replicas, or more while requests wait."""
        fewest, most = model.serving.workers, self._options.max_workers
        if most <= fewest:
            return {"num_replicas": fewest}
        return {
            "autoscaling_config": {
                "min_replicas": fewest,
                "initial_replicas": fewest,
                "max_replicas": most,
                "target_ongoing_requests": model.serving.batch_size,
                "upscale_delay_s": UPSCALE_S,
                "downscale_delay_s": DOWNSCALE_S,
            }
        }


def local_folder(folder: Path) -> Path:
    """Where a cluster of an endpoint's own has its logs and sockets, which want a short path."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir(), f"trifold-ray-{name}")


def _silent() -> dict[str, Any]:
    """Ray notes no request."""
    return {"enable_access_log": False, "log_level": "ERROR"}


def _installed() -> tuple[Any, Any]:
    """Ray and its Serve, which are an extra.

    Raises:
        InputError: when they are not installed.
    """
    try:
        return import_module("ray"), import_module("ray.serve")
    except ImportError as error:
        raise InputError(
            expected="what pip install 'trifold[ray-serve]' brings",
            got=f"no {error.name}",
            where="engine",
        ) from error
