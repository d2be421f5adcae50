"""The stock Rasa that `make bench` compares with: Rasa 3.6's own REST channel and SQL tracker store.

Runs in Rasa's environment (nlu/.venv), on the same model and with the same light start as nlu.serve. Must not
use anything of our turn channel.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nlu.light import without_tensorflow
from nlu.model import Project, checked_model
from nlu.process import configure_logging, end_with_parent

ROOT = Path(__file__).resolve().parent.parent
ENDPOINTS = """
action_endpoint:
  url: ${SOTONG_ACTIONS_URL}
  headers:
    X-Sotong-Secret: ${SOTONG_ACTIONS_SECRET}
tracker_store:
  type: SQL
  dialect: sqlite
  db: ${SOTONG_RASA_TRACKER}
lock_store:
  type: in_memory
"""


def main() -> None:
    """Serve until stopped: `bench_stock_rasa.py <var dir of the model> <port> <folder to write in>`."""
    var_dir, port, folder = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    credentials, endpoints = folder / "credentials.yml", folder / "endpoints.yml"
    credentials.write_text("rest:\n")
    endpoints.write_text(ENDPOINTS)
    end_with_parent()
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["SOTONG_RASA_TRACKER"] = str(folder / "stock-tracker.db")
    without_tensorflow()
    configure_logging()

    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    serve_application(
        model_path=str(checked_model(Project(root=ROOT, var_dir=var_dir))),
        interface="127.0.0.1",
        port=port,
        credentials=str(credentials),
        endpoints=AvailableEndpoints.read_endpoints(str(endpoints)),
        enable_api=False,
        cors=None,
    )


if __name__ == "__main__":
    main()
