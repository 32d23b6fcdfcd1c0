"""Dashboard and alert rules are of the form that Grafana and Prometheus read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import yaml

from tests.serve.serve_factory import ROOT

RULES, BOARD = ROOT / "serve/prometheus/alerts.yaml", ROOT / "serve/grafana/trifold.json"
DURATION = re.compile(r"\d+[smhd]")


def test_the_rules_are_rules_each_with_what_to_do() -> None:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(set(names)) == len(names)
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert DURATION.fullmatch(rule.get("for", "1m"))
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
    promtool = shutil.which("promtool")
    if promtool:
        done = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    assert (board["title"], board["uid"]) == ("Trifold", "trifold")
    assert board["schemaVersion"] >= 36
    variables = {one["name"] for one in board["templating"]["list"]}
    ids, places = set(), set()
    for panel in board["panels"]:
        ids.add(panel["id"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not places & cells, panel["title"]
        places |= cells
        assert panel["targets"]
        for target in panel["targets"]:
            used = set(re.findall(r"\$(\w+)", target["expr"])) - {"__rate_interval"}
            assert used <= variables
    assert len(ids) == len(board["panels"])
