"""What runs inside Rasa: components, the turn channel, the tracker-store guard.

Imports `korean` only; nothing of the project imports this package.
"""
