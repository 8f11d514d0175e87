"""AWS itself as a resource graph: what is there, whoever put it there. Every call reads; none writes.

The graph has the shape of a stack's export, so that the proof has one reader for all sources. Needs the extra `live`.
"""
