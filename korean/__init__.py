"""Reading Korean text: rules only, no I/O, Python 3.10; knows nothing of the city."""
