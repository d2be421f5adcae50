"""What the ways to departments need from the settings, in one place. Must build nothing and look nowhere."""

from __future__ import annotations

from app.department_secrets import load_department_secrets
from app.settings import Settings, SettingsError
from app.settings_parts import variable
from core.city import City
from integrations.department_signing import DepartmentSecrets


def check_needs(settings: Settings, city: City) -> dict[str, DepartmentSecrets]:
    """The departments' secrets, once nothing is missing for the ways that the city chose.

    Raises SettingsError with one sentence that names the fix.
    """
    by_mail = any(department.way.kind == "mail" for department in city.departments)
    if by_mail and not settings.smtp_host and settings.environment == "production":
        raise SettingsError(
            f"Departments of this city hear by mail, but {variable('smtp_host')} is not set: set it and "
            f"{variable('mail_from')}."
        )
    return load_department_secrets(settings, city)
