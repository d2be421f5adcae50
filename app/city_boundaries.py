"""Reads GeoJSON boundaries of gu and dong. Must not decide where a point lies (core/geo.py does).

Accepts a FeatureCollection of Polygon or MultiPolygon features in degrees (RFC 7946). The name and
the code of an area may stand under any of the property names that Korean publishers use.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.city_yaml import Problems
from core.geo import Area, Polygon, Position, Ring, make_shape

# KOSTAT, juso.go.kr, vuski/admdongkor, V-World.
NAME_KEYS = (
    "name",
    "SIG_KOR_NM",
    "EMD_KOR_NM",
    "temp",
    "emd_nm",
    "EMD_NM",
    "sggnm",
    "SIG_NM",
    "adm_nm",
    "ADM_NM",
    "full_nm",
)
CODE_KEYS = ("code", "SIG_CD", "EMD_CD", "adm_cd2", "adm_cd", "ADM_CD", "sgg")
GU_CODE_LENGTH = 5
MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class Boundaries:
    """Areas of both levels; either may be empty. `files` names what was used, for the operator."""

    gu: tuple[Area, ...] = ()
    dong: tuple[Area, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Named:
    area: Area
    code: str


def load_boundaries(
    *,
    gu_file: Path | None,
    dong_file: Path | None,
    folder: Path | None,
    gu_names: Collection[str],
    problems: Problems,
) -> Boundaries:
    """Load the named files, or from `folder` the first file (by name) of each level.

    A file whose areas are all gus of the city is a gu file, any other one a dong file.
    """
    gu: list[_Named] = []
    dong: list[_Named] = []
    files: list[str] = []
    for path, level in ((gu_file, gu), (dong_file, dong)):
        if path is not None:
            level.extend(_read(path, problems=problems))
            files.append(path.name)
    if folder is not None:
        if not folder.is_dir():
            problems.add_at(str(folder), 0, "the boundaries folder is missing")
            return Boundaries()
        for path in sorted([*folder.glob("*.json"), *folder.glob("*.geojson")]):
            named = _read(path, problems=problems)
            is_gu = bool(named) and all(item.area.name in gu_names for item in named)
            level = gu if is_gu else dong
            if named and not level:
                level.extend(named)
                files.append(path.name)
        if not files:
            problems.add_at(str(folder), 0, "there is no GeoJSON file here (*.json, *.geojson)")
    for item in gu:
        if item.area.name not in gu_names:
            problems.add_at(
                files[0],
                0,
                f"'{item.area.name}' is no gu of this city (expected a name of gus.yml)",
            )
    by_code = {item.code[:GU_CODE_LENGTH]: item.area.name for item in gu if item.code}
    return Boundaries(
        gu=tuple(item.area for item in gu),
        dong=tuple(
            Area(item.area.name, item.area.shape, by_code.get(item.code[:GU_CODE_LENGTH]))
            for item in dong
        ),
        files=tuple(files),
    )


def _read(path: Path, *, problems: Problems) -> list[_Named]:
    name = path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            problems.add_at(name, 0, f"the file is larger than {MAX_BYTES} bytes")
            return []
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        problems.add_at(name, error.lineno, f"this is not JSON: {error.msg}")
        return []
    except UnicodeDecodeError:
        problems.add_at(name, 0, "the file is not UTF-8 text")
        return []
    except OSError as error:
        problems.add_at(name, 0, f"the boundary file cannot be read ({error.strerror})")
        return []
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        problems.add_at(name, 1, "expected a GeoJSON FeatureCollection")
        return []
    found: list[_Named] = []
    features = data.get("features")
    for index, feature in enumerate(features if isinstance(features, list) else [], start=1):
        try:
            found.append(_feature(feature))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            problems.add_at(name, 0, f"feature {index}: {_reason(error)}")
    if not found:
        problems.add_at(name, 0, "there are no areas in it")
    return found


def _reason(error: Exception) -> str:
    if type(error) is ValueError:
        return str(error)
    return "expected a Polygon or MultiPolygon with coordinates and properties"


def _feature(feature: Any) -> _Named:
    properties = feature["properties"]
    area_name = _first(properties, NAME_KEYS).split(" ")[-1]  # '서울특별시 종로구 사직동' → 사직동
    if not area_name:
        raise ValueError(f"it has no name (expected one of: {', '.join(NAME_KEYS)})")
    geometry = feature["geometry"]
    if geometry["type"] == "Polygon":
        polygons = [_polygon(geometry["coordinates"])]
    elif geometry["type"] == "MultiPolygon":
        polygons = [_polygon(rings) for rings in geometry["coordinates"]]
    else:
        raise ValueError(f"it is a {geometry['type']} (expected a Polygon or MultiPolygon)")
    return _Named(Area(area_name, make_shape(polygons)), _first(properties, CODE_KEYS))


def _first(properties: dict[str, Any], keys: Sequence[str]) -> str:
    for key in keys:
        value = properties.get(key)
        if value not in (None, ""):
            return str(value).strip()
    return ""


def _polygon(rings: Any) -> Polygon:
    return Polygon(_ring(rings[0]), tuple(_ring(ring) for ring in rings[1:]))


def _ring(positions: Any) -> Ring:
    ring = tuple(_position(position) for position in positions)
    if len(ring) < 3:
        raise ValueError("a ring has fewer than three corners")
    return ring


def _position(position: Any) -> Position:
    long, lat = float(position[0]), float(position[1])
    if not (-180 <= long <= 180 and -90 <= lat <= 90):
        raise ValueError("its coordinates are not degrees (expected WGS 84, longitude first)")
    return long, lat
