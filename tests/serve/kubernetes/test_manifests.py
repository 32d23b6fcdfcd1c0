"""The manifests are what Kubernetes takes, and no pod may do more than it needs.

KubeRay's own kind is known to no schema here; its pods are checked as pods.
"""

from __future__ import annotations

from collections.abc import Iterator

import kubernetes_validate
import pytest
import yaml

from tests.serve.serve_factory import ROOT
from trifold.serve.operations.start import read_arguments

FOLDER = ROOT / "serve/kubernetes"
VERSION = "1.36"
FILES = sorted(FOLDER.glob("*.yaml"))


def documents(path) -> list[dict]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def templates(document: dict) -> Iterator[dict]:
    spec = document.get("spec", {})
    groups = [spec, spec.get("headGroupSpec", {}), *spec.get("workerGroupSpecs", [])]
    yield from (group["template"] for group in groups if "template" in group)


def pods() -> list[dict]:
    found = [t for path in FILES for document in documents(path) for t in templates(document)]
    assert len(found) == 3
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"} | t["metadata"],
             "spec": t["spec"]} for t in found]  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_kubernetes_takes_every_document(path) -> None:
    for document in documents(path):
        if document["kind"] != "RayCluster":
            kubernetes_validate.validate(document, VERSION, strict=True)


def test_the_validator_refuses_what_is_misspelt() -> None:
    pod = pods()[0]
    kubernetes_validate.validate(pod, VERSION, strict=True)
    pod["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, VERSION, strict=True)


@pytest.mark.parametrize("pod", pods(), ids=lambda pod: pod["spec"]["containers"][0]["name"])
def test_pods_hold_to_the_restricted_standard(pod) -> None:
    """Pod Security Standards, *restricted*, and a root file system that nobody writes to."""
    kubernetes_validate.validate(pod, VERSION, strict=True)
    spec = pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert {kind for volume in spec["volumes"] for kind in set(volume) - {"name"}} <= {
        "secret", "emptyDir", "persistentVolumeClaim"}  # fmt: skip
    for container in spec["containers"]:
        own = container["securityContext"]
        assert (own["allowPrivilegeEscalation"], own["readOnlyRootFilesystem"]) == (False, True)
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= set(container["resources"])
        assert "memory" in container["resources"]["limits"]


def test_networks_are_closed_but_for_the_ingress_the_database_and_the_cluster_itself() -> None:
    found = {document["metadata"]["name"]: document["spec"] for path in FILES
             for document in documents(path) if document["kind"] == "NetworkPolicy"}  # fmt: skip
    assert set(found) == {"trifold", "trifold-ray"}
    called = {name: [[port["port"] for port in rule.get("ports", [])] for rule in spec["egress"]]
              for name, spec in found.items()}  # fmt: skip
    assert called == {"trifold": [[5432], [53, 53]], "trifold-ray": [[], [5432], [53, 53]]}
    for name, spec in found.items():
        own = {"matchLabels": {"app.kubernetes.io/name": name}}
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert spec["podSelector"] == own
        for rule in (*spec["ingress"], *spec["egress"]):
            others = rule.get("from") or rule["to"]
            assert rule.get("ports") or others == [{"podSelector": own}]


def test_probes_and_words_are_those_of_the_endpoint() -> None:
    described = yaml.safe_load((ROOT / "serve/openapi.yaml").read_text(encoding="utf-8"))["paths"]
    endpoints = [c for pod in pods() for c in pod["spec"]["containers"] if c["name"] == "endpoint"]
    assert len(endpoints) == 2
    for container in endpoints:
        ports = {port["name"] for port in container["ports"]}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = container[kind]["httpGet"]
            assert described[probe["path"]]["get"]["security"] == []  # a probe has no key
            assert probe["port"] in ports
        own, settings = read_arguments(container["args"])
        assert int(own["workers"]) == 2
    assert settings.stop_seconds < 60
    assert (own["engine"], own["ray"]) == ("ray", "auto")


def test_kuberay_adds_nothing_of_its_own_that_fails_here() -> None:
    """Its probes ask a dashboard that is not there; its port of metrics is the endpoint's."""
    (cluster,) = [one for one in documents(FOLDER / "ray.yaml") if one["kind"] == "RayCluster"]
    head, workers = cluster["spec"]["headGroupSpec"], cluster["spec"]["workerGroupSpecs"]
    for group in (head, *workers):
        started, ray = group["rayStartParams"], group["template"]["spec"]["containers"][0]
        for kind in ("readinessProbe", "livenessProbe"):
            assert str(ray[kind]["tcpSocket"]["port"]) == started["node-manager-port"]
        assert started["metrics-export-port"] != "8080"
