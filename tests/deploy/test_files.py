"""The files of `tiefvision deploy`, each by its own linter or schema; none of them needs a container engine."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster_k8s.job import UserDefinedDagsterK8sConfig
from dagster_ray import RayRunLauncher

from tiefvision_assets.cli.deploy import FILES
from tiefvision_assets.settings import Settings

FOLDER = Path(str(files("tiefvision_assets") / "deploy"))
NAMES = sorted({name for names in FILES.values() for name in names})
PROGRAMS = Path(sys.executable).parent


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def checked(*command: str | Path) -> None:
    done = subprocess.run([PROGRAMS / command[0], *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_has_no_fault_that_hadolint_knows():
    checked("hadolint", FOLDER / "Dockerfile")


def test_the_compose_file_is_one():
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", FOLDER / "compose/compose.yaml")


def test_what_the_compose_file_asks_of_the_environment_is_in_the_example():
    text = (FOLDER / "compose/compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+)", text)) - {"TIEFVISION_IMAGE"}
    example = (FOLDER / "compose/example.env").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == asked
    given = read("compose/compose.yaml")["services"]["proxy"]["environment"]
    caddyfile = (FOLDER / "compose/Caddyfile").read_text(encoding="utf-8")
    assert set(re.findall(r"\{\$(\w+)", caddyfile)) == set(given)


def test_only_the_proxy_is_reached_from_outside_and_it_asks_before_it_leads_to_read_only():
    services = read("compose/compose.yaml")["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    sites = (FOLDER / "compose/Caddyfile").read_text(encoding="utf-8").split("\n}\n")
    proxied = {site.partition("reverse_proxy ")[2].partition(":")[0]: site for site in sites if "reverse_proxy" in site}
    assert set(proxied) == {"app", "webserver"}
    assert all("import known" in site for site in proxied.values())
    assert "--read-only" in services["webserver"]["command"]
    assert "privileged" not in str(services)


def test_a_workspace_leads_to_the_code_location():
    (loaded,) = read("compose/workspace.yaml")["load_from"]
    server = loaded["grpc_server"]
    command = read("compose/compose.yaml")["services"][server["host"]]["command"]
    assert command[command.index("--port") + 1] == str(server["port"])


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("dagster.yaml")])
def test_dagster_accepts_its_settings(name, monkeypatch, tmp_path):
    for variable in ("DAGSTER_POSTGRES_URL", "RAY_ADDRESS"):
        monkeypatch.setenv(variable, "http://127.0.0.1:8265")
    (tmp_path / "dagster.yaml").write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    config, _ = dagster_instance_config(str(tmp_path))
    assert config["telemetry"] == {"enabled": False}
    reference = InstanceRef.from_dir(str(tmp_path))
    assert reference.storage_data.class_name == "DagsterPostgresStorage"
    assert "password" not in (FOLDER / name).read_text(encoding="utf-8")
    if name.startswith("ray"):
        launcher = reference.run_launcher
        assert isinstance(launcher, RayRunLauncher)
        assert launcher.address == "http://127.0.0.1:8265"
    if name.startswith("compose"):
        data = [reference.compute_logs_data.config_dict["base_dir"], reference.local_artifact_storage.base_dir]
        assert all(folder.startswith("/data/") for folder in data), "what one container writes all have to see"


def test_every_setting_that_is_named_exists():
    fields = {f"TIEFVISION_{name.upper()}" for name in Settings.model_fields}
    for name in NAMES:
        named = set(re.findall(r"TIEFVISION_[A-Z_]*[A-Z]", (FOLDER / name).read_text(encoding="utf-8")))
        assert named - fields <= {"TIEFVISION_IMAGE"}, name


def test_runs_on_ray_are_given_the_settings_by_which_data_are_found_and_made():
    passed = read("ray/dagster.yaml")["run_launcher"]["config"]["ray"]["env_vars"]
    of_the_app = ("ui_", "hosts", "login", "roles", "default_role", "dagster_url", "alert_", "served_")
    wanted = {f"TIEFVISION_{name.upper()}" for name in Settings.model_fields if not name.startswith(of_the_app)}
    assert wanted - set(passed) == set()


def pods() -> Iterator[dict[str, Any]]:
    """The pods that Dagster's chart makes of the values, as far as they are ours."""
    for deployment in read("kubernetes/values.yaml")["dagster-user-deployments"]["deployments"]:
        image = deployment["image"]
        container = {
            "name": deployment["name"],
            "image": f"{image['repository']}:{image['tag']}",
            "env": deployment["env"],
            "envFrom": [{"secretRef": secret} for secret in deployment["envSecrets"]],
            "volumeMounts": deployment["volumeMounts"],
        }
        spec = {
            "containers": [container],
            "volumes": deployment["volumes"],
            "securityContext": deployment["podSecurityContext"],
        }
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": deployment["name"]}, "spec": spec}


def test_kubernetes_accepts_the_app_and_the_values(tmp_path):
    checked("kubernetes-validate", "--strict", FOLDER / "kubernetes/app.yaml")
    for number, pod in enumerate(pods()):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(pod), encoding="utf-8")
        checked("kubernetes-validate", "--strict", tmp_path / f"{number}.yaml")
    launcher = read("kubernetes/values.yaml")["runLauncher"]["config"]["k8sRunLauncher"]
    given = UserDefinedDagsterK8sConfig.from_dict({"container_config": launcher["runK8sConfig"]["containerConfig"]})
    assert given.container_config["resources"]["requests"]["cpu"] == "2"


def test_the_app_and_the_runs_see_the_same_data():
    (pod,) = pods()
    app, _ = yaml.safe_load_all((FOLDER / "kubernetes/app.yaml").read_text(encoding="utf-8"))
    app_pod = app["spec"]["template"]["spec"]
    assert app_pod["volumes"] == pod["spec"]["volumes"]
    (here,), (there,) = app_pod["containers"], pod["spec"]["containers"]
    assert (here["image"], here["volumeMounts"]) == (there["image"], there["volumeMounts"])
    assert here["envFrom"] == there["envFrom"]
