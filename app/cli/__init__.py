"""The command line; each file is one group of commands and is imported only when it is used."""
