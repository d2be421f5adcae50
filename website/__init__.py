"""Public pages that need neither a cookie nor a script: the city's policy articles."""
