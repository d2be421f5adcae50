"""The API's documentation, served without any outside resource. Must not describe internal routes.

Swagger UI comes from the package swagger-ui-bundle (Apache-2.0); its own page loads from a CDN, ours
does not.
"""

from __future__ import annotations

import json
from pathlib import Path

import swagger_ui_bundle
from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

# Swagger UI sets styles from its script and shows its own icons as data URLs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script></body></html>"""


def add_docs(app: FastAPI) -> None:
    """Add ``/docs`` over the app's ``/openapi.json``."""
    options = {"url": "/openapi.json", "dom_id": "#swagger-ui", "deepLinking": True}
    start = f"window.ui = SwaggerUIBundle({json.dumps(options)});"
    # The package's name for the folder holds Swagger UI's version, so it is asked for, not spelled.
    assets = Path(str(swagger_ui_bundle.swagger_ui_path))

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(
            _PAGE.format(title=app.title), headers={"Content-Security-Policy": POLICY}
        )

    @app.get("/docs/start.js", include_in_schema=False)
    def docs_start() -> Response:
        return Response(start, media_type="text/javascript")

    app.mount("/docs/assets", StaticFiles(directory=assets), name="docs-assets")
