"""Tests against real Rasa: one server per run, an own small bot, a fake action server."""
