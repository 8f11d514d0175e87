"""What agents may do, as values: hosts, ports, paths, flows and the algebra over them.

Pure: no cloud, no files, no clock. Every type is frozen, hashable and totally ordered where it is listed,
so that the same input gives the same bytes. An uncertain case is always decided towards less access.
"""
