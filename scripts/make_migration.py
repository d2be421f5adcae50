"""Writes the migration from the newest revision to today's tables: `python scripts/make_migration.py "what"`.

For engineers; the service never runs it. Read what it wrote before you commit it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from alembic import command  # noqa: E402

from app.migrate import MIGRATIONS, alembic_config  # noqa: E402


def main() -> None:
    """Bring an empty database to head, compare, write, format."""
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        raise SystemExit(__doc__)
    known = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    number = f"{len(known) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        config = alembic_config(f"sqlite:///{folder}/compare.db")
        command.upgrade(config, "head")
        command.revision(config, message=sys.argv[1], autogenerate=True, rev_id=number)
    for path in (MIGRATIONS / "versions").glob(f"{number}_*.py"):
        subprocess.run([sys.executable, "-m", "ruff", "format", "-q", path], check=True)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
