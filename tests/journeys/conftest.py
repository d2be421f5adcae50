"""Journeys share one whole service. Must not be needed by any other test."""

from tests.stack import stack

__all__ = ["stack"]
