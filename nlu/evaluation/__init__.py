"""Measures a pipeline of Rasa: reads data, trains, parses, scores. Nothing of it runs in production."""
