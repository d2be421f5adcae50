"""Ways out to the city's own systems and back. Must not be imported by any other edge."""
