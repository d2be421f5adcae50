"""Records and rules of the service; one SQL database. Must not know web frameworks, networks or channels."""
