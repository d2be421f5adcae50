"""The only package that knows everyone: settings, wiring, processes; it must hold no rules."""
