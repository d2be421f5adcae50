"""Conversations share one whole service with a real Rasa."""

from tests.stack import stack

__all__ = ["stack"]
