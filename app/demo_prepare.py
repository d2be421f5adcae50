"""Makes what the programs need: compiled city, trained model, schema, articles, a first officer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.city_compile import compile_city
from app.city_files import load_city
from app.clock import utc_now
from app.demo_checks import DemoError
from app.demo_children import Child, Program, rotate, stop_all, tail
from app.demo_programs import NLU_PYTHON, rasa_environment
from app.migrate import upgrade
from app.policy_seed import seed_articles
from app.settings import Settings, project_root
from console.passwords import Argon2Hasher
from core.database import Database
from core.officers import create_officer, list_officers, make_password, seed_roles

FIRST_LOGIN = "admin"
FIRST_NAME = "첫 관리자"


@dataclass(frozen=True)
class FirstOfficer:
    """Shown once; only the hash of the password is kept."""

    login: str
    password: str


def prepare_city(settings: Settings) -> None:
    """Check the city's files and write what nlu reads of them. Raises CityError."""
    city = load_city(settings.city_dir, boundaries_dir=settings.boundaries_dir)
    compile_city(city, settings.compiled_city)


def train_if_changed(
    settings: Settings, *, tick: Callable[[float], None], stopping: Callable[[], bool]
) -> None:
    """Train the Rasa model when the hash of its inputs changed (nlu.train compares).

    `tick(seconds)` is called while it runs. Raises DemoError with the end of the log.
    """
    log = settings.log_dir / "train.log"
    rotate(log)
    root = project_root()
    program = Program(
        name="train",
        title="training",
        command=[
            str(root / NLU_PYTHON),
            *("-m", "nlu.train", "--var-dir", str(settings.var_dir)),
        ],
        environment=rasa_environment(settings),
        folder=root,
        log=log,
        ready=lambda: False,
        patience=0.0,
    )
    training = Child(program)
    training.start()
    try:
        while training.exit_code is None and not stopping():
            tick(training.seconds)
            training.wait_dead(training.now() + 0.2)
    finally:
        stop_all([training])
    if training.exit_code != 0 and not stopping():
        raise DemoError(
            f"Training the Rasa model failed; correct what the end of {log} says and start again:\n"
            f"{tail(log)}"
        )


def prepare_database(settings: Settings) -> FirstOfficer | None:
    """Bring the schema up to date; articles and a first officer where there are none yet."""
    upgrade(settings)
    database = Database(settings.database_url)
    try:
        seed_articles(
            database,
            city=load_city(settings.city_dir),
            city_dir=settings.city_dir,
            now=utc_now(),
        )
        with database.transaction() as session:
            seed_roles(session)
            if list_officers(session):
                return None
            first = FirstOfficer(login=FIRST_LOGIN, password=make_password())
            create_officer(
                session,
                login=first.login,
                name=FIRST_NAME,
                role="admin",
                department_id=None,
                password=first.password,
                hasher=Argon2Hasher(),
                actor="system:demo",
                now=utc_now(),
            )
            return first
    finally:
        database.dispose()
