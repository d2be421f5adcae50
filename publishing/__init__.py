"""Public texts as each channel carries them: counting, cutting, checking. Must not send or store."""
