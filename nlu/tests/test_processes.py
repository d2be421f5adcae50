"""Training and serving as commands: what they say, what they leave behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlu import model, serve, train
from nlu.model import ROOT, Project, checked_model, content_hash, current_model
from nlu.tests.actions import LOOPBACK, FakeActions
from nlu.tests.conftest import BOT
from nlu.tests.server import Rasa, environment, free_port


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the test bot, not trained."""
    root = tmp_path / "bot"
    shutil.copytree(BOT, root)
    return Project(root=root, var_dir=tmp_path / "var")


def _train(project: Project, *more: str) -> int:
    return train.main(["--root", str(project.root), "--var-dir", str(project.var_dir), *more])


def test_an_unchanged_bot_is_not_trained_again(
    var_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(root=BOT, var_dir=var_dir)
    before = checked_model(project).stat().st_mtime_ns
    assert _train(project) == 0
    assert "nothing to train" in capsys.readouterr().out
    assert checked_model(project).stat().st_mtime_ns == before
    assert _train(project, "--check") == 0


def test_every_source_of_a_model_changes_its_hash(project: Project) -> None:
    seen = {content_hash(project)}
    for path in ("config.yml", "domain.yml", "data/nlu.yml", "data/rules.yml"):
        with (project.root / path).open("a") as file:
            file.write("# changed\n")
        seen.add(content_hash(project))
    project.city_file.parent.mkdir(parents=True)
    project.city_file.write_text("{}")
    seen.add(content_hash(project))
    assert len(seen) == 6


def test_our_own_code_and_the_lock_file_are_sources_of_a_model(project: Project) -> None:
    names = {name for name, _ in model._sources(project)}
    assert {"nlu/components/linear.py", "korean/__init__.py", "lock"} <= names
    assert not any("tests" in name or ".venv" in name for name in names)


def test_a_stale_model_is_told_by_check(project: Project) -> None:
    assert _train(project, "--check") == train.STALE


def test_a_missing_file_is_one_sentence(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "domain.yml").unlink()
    assert _train(project) == train.MISSING
    error = capsys.readouterr().err
    assert "domain.yml is missing" in error
    assert error.count("\n") == 1


def test_a_broken_bot_leaves_the_old_model_in_place(var_dir: Path, project: Project) -> None:
    shutil.copytree(var_dir / "models", project.models)
    before = current_model(project)
    with (project.root / "data" / "rules.yml").open("a") as file:
        file.write("  - rule: broken\n    steps: [{intent: greet}, {action: utter_policy}]\n")
    done = subprocess.run(  # noqa: PLW1510
        [
            *(sys.executable, "-m", "nlu.train", "--root", str(project.root)),
            *("--var-dir", str(project.var_dir)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == train.FAILED
    assert "nlu.train: training failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert current_model(project) == before
    assert not [path for path in project.models.iterdir() if path.name.startswith(".training")]


def test_a_model_that_the_trainer_did_not_make_is_not_served(
    var_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(var_dir / "models", tmp_path / "models")
    archive = checked_model(Project(root=BOT, var_dir=tmp_path))
    with archive.open("ab") as file:
        file.write(b"x")
    assert serve.main(["--var-dir", str(tmp_path)]) == serve.MISSING
    assert "was changed after training" in capsys.readouterr().err


def test_serving_without_a_model_or_a_secret_is_one_sentence(
    var_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in serve.NEEDED_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert serve.main(["--var-dir", str(tmp_path)]) == serve.MISSING
    assert "no trained model" in capsys.readouterr().err
    assert serve.main(["--var-dir", str(var_dir)]) == serve.MISSING
    assert "SOTONG_TURN_SECRET" in capsys.readouterr().err


def test_a_port_in_use_is_one_sentence(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in serve.NEEDED_VARIABLES:
        monkeypatch.setenv(name, "x")
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serve.main(["--var-dir", str(var_dir), "--port", str(port)]) == serve.MISSING
    assert f"port {port}" in capsys.readouterr().err


def test_the_manifest_tells_what_the_model_is(var_dir: Path) -> None:
    data = json.loads((var_dir / "models" / "current.json").read_text())
    assert data["content_hash"] == content_hash(Project(root=BOT, var_dir=var_dir))
    assert data["file"] == f"{data['content_hash']}.tar.gz"


def test_rasa_starts_soon_without_tensorflow(rasa: Rasa) -> None:
    assert rasa.start_seconds < 60
    maps = Path(f"/proc/{rasa.process.pid}/maps")
    if maps.exists():
        assert "tensorflow" not in maps.read_text()


def test_rasa_ends_with_its_parent(var_dir: Path, shared_actions: FakeActions) -> None:
    port = free_port()
    command = [sys.executable, "-m", "nlu.serve", "--var-dir", str(var_dir), "--port", str(port)]
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, subprocess, sys; "
            "p = subprocess.Popen([*sys.argv[1:], '--parent-pid', str(os.getpid())]); "
            "print(p.pid, flush=True); p.wait()",
            *command,
        ],
        cwd=ROOT,
        env=environment(shared_actions, var_dir / "other.db"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while _alive(child):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            pytest.fail("Rasa outlived its parent")
        time.sleep(0.1)


def _alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    if state.exists():
        # A zombie that nobody reaps is dead too.
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc").exists()
