"""Rasa graph components for Korean: intents, places, patterns. No I/O beside Rasa's storage."""
