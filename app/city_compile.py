"""Writes what nlu needs of a city to one JSON file. Must not check anything: the city is checked.

The bytes depend on the city alone (sorted keys, no time, no path): their hash is part of the
fingerprint of the Rasa model.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from core.city import City

FORMAT = 1


def compile_city(city: City, out: Path) -> str:
    """Write the file in one step (a reader never sees half of it); gives its SHA-256 in hex."""
    data = render_city(city)
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=out.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(out)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return hashlib.sha256(data).hexdigest()


def render_city(city: City) -> bytes:
    """The bytes of the file: gazetteers, service codes and keywords, departments."""
    document = {
        "format": FORMAT,
        "jurisdiction": {
            "id": city.jurisdiction.id,
            "name": city.jurisdiction.name,
            "short_names": list(city.jurisdiction.short_names),
        },
        "services": [
            {
                "code": service.code,
                "name": service.name,
                "group": service.group,
                "keywords": list(service.keywords),
            }
            for service in city.services
        ],
        "groups": dict(city.groups),
        "departments": [
            {"id": department.id, "name": department.name} for department in city.departments
        ],
        "gus": [
            {"name": gu.name, "aliases": list(gu.aliases), "dongs": list(gu.dongs)}
            for gu in city.gus
        ],
        "places": [
            {"name": place.name, "aliases": list(place.aliases), "gus": list(place.gus)}
            for place in city.places
        ],
        "neighbours": [
            {"name": item.name, "aliases": list(item.aliases)} for item in city.neighbours
        ],
    }
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)
    return (text + "\n").encode("utf-8")
