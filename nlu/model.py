"""Names models by what they were made from, and finds the current one. Does not import Rasa."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CURRENT = "current.json"
KEPT_MODELS = 3
NOT_OF_THE_MODEL = frozenset({"tests", ".venv", "__pycache__"})


class Unusable(Exception):
    """Something a person must mend; the message is one sentence that says what."""


@dataclass(frozen=True)
class Manifest:
    """What is known of one trained model.

    Attributes:
        content_hash: over everything that goes into the model (see `content_hash`).
        file: name of the archive beside the manifest.
        sha256: of the archive; an archive that differs was not made by our trainer.
        trained_at: aware UTC, ISO 8601.
        seconds: how long training took.
    """

    content_hash: str
    file: str
    sha256: str
    trained_at: str
    seconds: float


@dataclass(frozen=True)
class Project:
    """Where the sources of a model lie. `root` holds config.yml, domain.yml (or domain/), data/."""

    root: Path
    var_dir: Path

    @property
    def models(self) -> Path:
        """Folder of the trained models."""
        return self.var_dir / "models"

    @property
    def city_file(self) -> Path:
        """What `sotong city compile` writes; need not exist."""
        return self.var_dir / "nlu" / "city.json"

    @property
    def config(self) -> Path:
        """Pipeline and policies."""
        return _must_exist(self.root / "config.yml")

    @property
    def domain(self) -> Path:
        """A file or a folder."""
        folder = self.root / "domain"
        return folder if folder.is_dir() else _must_exist(self.root / "domain.yml")

    @property
    def data(self) -> Path:
        """Folder of the training data."""
        return _must_exist(self.root / "data")


def content_hash(project: Project) -> str:
    """Hash of data, configuration, domain, our own code, the lock file and the compiled city.

    Raises:
        Unusable: a needed file is missing.
    """
    digest = hashlib.sha256()
    for name, path in sorted(_sources(project)):
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def current_model(project: Project) -> tuple[Manifest, Path] | None:
    """The model that training promoted last, or None. Its archive is not opened."""
    try:
        data = json.loads((project.models / CURRENT).read_text(encoding="utf-8"))
        manifest = Manifest(**data)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    archive = project.models / manifest.file
    return (manifest, archive) if archive.is_file() else None


def checked_model(project: Project) -> Path:
    """The current model's archive, after comparing its hash with the manifest.

    Raises:
        Unusable: there is none, or it was changed after training.
    """
    current = current_model(project)
    if current is None:
        raise Unusable(
            f"There is no trained model in {project.models}: run `python -m nlu.train` first."
        )
    manifest, archive = current
    if sha256_of(archive) != manifest.sha256:
        raise Unusable(f"{archive} was changed after training: run `python -m nlu.train --force`.")
    return archive


def promote(project: Project, archive: Path, manifest: Manifest) -> Path:
    """Move a finished archive into place, point `current.json` at it, drop the oldest models."""
    target = project.models / manifest.file
    os.replace(archive, target)
    _write_atomically(target.with_suffix("").with_suffix(".json"), manifest)
    _write_atomically(project.models / CURRENT, manifest)
    archives = sorted(project.models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for old in archives[:-KEPT_MODELS]:
        if old != target:
            old.unlink()
            old.with_suffix("").with_suffix(".json").unlink(missing_ok=True)
    return target


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _sources(project: Project) -> Iterator[tuple[str, Path]]:
    domain = project.domain
    yield "config", project.config
    for path in [domain] if domain.is_file() else domain.rglob("*.yml"):
        yield f"domain/{path.name}", path
    for path in project.data.rglob("*.yml"):
        yield f"data/{path.relative_to(project.data)}", path
    for package in ("nlu", "korean"):
        for folder, inner, files in os.walk(ROOT / package):
            inner[:] = [name for name in inner if name not in NOT_OF_THE_MODEL]
            for name in files:
                if name.endswith(".py"):
                    path = Path(folder, name)
                    yield str(path.relative_to(ROOT)), path
    yield "lock", ROOT / "nlu" / "uv.lock"
    if project.city_file.is_file():
        yield "city", project.city_file


def _must_exist(path: Path) -> Path:
    if not path.exists():
        raise Unusable(f"{path} is missing: training needs config.yml, domain.yml and data/.")
    return path


def _write_atomically(path: Path, manifest: Manifest) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)
