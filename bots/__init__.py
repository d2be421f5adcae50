"""The channels: each parses what comes in and sends what goes out. Must not decide what is said."""
