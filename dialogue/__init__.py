"""The talk: the door, the turn queue's work, Rasa's only client, sending. Must not know any channel."""
