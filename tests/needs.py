"""Pytest plugin of both environments: names what could not run; imports nothing of ours.

`@pytest.mark.require("chromium")` skips with a reason where a program is missing; under
SOTONG_REQUIRE_ALL=1 that is a failure. Must stay Python 3.10-compatible.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Large data of others' that a repository cannot carry and CI cannot install; its absence is told
# loudly and is the only skip that SOTONG_REQUIRE_ALL=1 lets pass.
OUTSIDE_DATA = "no test data at"
# As root and without a screen; and it must not try to reach its maker.
CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Where scripts/peers.sh builds the third-party stand-ins; it leaves the stamp only when one is complete.
PEERS = Path(__file__).resolve().parent.parent / ".tools" / "peers"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
_NOT_RUN = pytest.StashKey[dict[str, list[str]]]()


def require_all() -> bool:
    """True where a skip counts as a failure (CI)."""
    return os.environ.get("SOTONG_REQUIRE_ALL") == "1"


def chromium() -> str | None:
    """Full path of a Chromium, or None."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def korean_font() -> bool:
    """Whether a font with Hangul is installed (screenshots would show boxes)."""
    names = ("*Nanum*", "*NotoSansCJK*", "*NotoSansKR*", "*Pretendard*", "*AppleGothic*")
    return any(
        next(Path(folder).expanduser().rglob(name), None)
        for folder in FONT_FOLDERS
        for name in names
    )


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's own programs, the newest where there are several (Debian), or None."""
    there = shutil.which("initdb")
    if there:
        return Path(there).resolve().parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    return found[-1].parent if found else None


def missing(name: str) -> str | None:
    """Why the program `name` cannot be used here and how to get it; None where it can."""
    if name == "chromium":
        return None if chromium() else "no Chromium (Debian: apt-get install chromium)"
    if name == "korean-font":
        return None if korean_font() else "no Korean font (Debian: apt-get install fonts-nanum)"
    if name == "telemelya":
        return None if _built("telemelya") else "no telemelya (built by scripts/peers.sh with uv)"
    if name == "telegram-test-api":
        if not shutil.which("node") or not _built("node"):
            return (
                "no telegram-test-api (Debian: apt-get install nodejs npm, then scripts/peers.sh)"
            )
        return None
    if name == "caddy" and not shutil.which(name):
        return "no caddy (Debian: apt-get install caddy)"
    if name == "clamd" and not shutil.which(name):
        return "no clamd (Debian: apt-get install clamav-daemon)"
    if name == "systemd-analyze" and not shutil.which(name):
        return "no systemd-analyze (Debian: apt-get install systemd)"
    if name == "postgresql":
        found = postgresql_programs()
        return None if found else "no PostgreSQL (Debian: apt-get install postgresql)"
    if name == "redis-server" and not shutil.which(name):
        return "no redis-server (Debian: apt-get install redis-server)"
    return None if shutil.which(name) else f"no {name} on PATH"


def _built(folder: str) -> bool:
    return (PEERS / folder / ".built-from").is_file()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_NOT_RUN] = {}
    config.addinivalue_line("markers", "require(*names): skipped, and named, where one is missing")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("require"):
        for name in marker.args:
            reason = missing(name)
            if reason:
                pytest.skip(reason)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, object, None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = _reason(report.longrepr)
    if require_all() and not reason.startswith(OUTSIDE_DATA):
        report.outcome = "failed"
        report.longrepr = f"could not run, and SOTONG_REQUIRE_ALL=1 allows no skip: {reason}"
    else:
        item.config.stash[_NOT_RUN].setdefault(reason, []).append(item.nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, object, None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if not report.skipped:
        return
    reason = _reason(report.longrepr)
    if require_all():
        report.outcome = "failed"
        report.longrepr = f"not collected, and SOTONG_REQUIRE_ALL=1 allows no skip: {reason}"
    else:
        collector.config.stash[_NOT_RUN].setdefault(reason, []).append(collector.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    not_run = terminalreporter.config.stash[_NOT_RUN]
    if not_run:
        terminalreporter.section("could not run here")
        for reason, tests in not_run.items():
            terminalreporter.write_line(f"{len(tests)} test(s): {reason}")
    path = os.environ.get("SOTONG_NOT_RUN_FILE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(f"{reason}\n" for reason, tests in not_run.items() for _ in tests)


def _reason(longrepr: object) -> str:
    text = str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
    return " ".join(text.removeprefix("Skipped: ").split())
