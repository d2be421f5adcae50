"""What Rasa may ask of us: one file per form or task. Must not be imported by anything but app."""
