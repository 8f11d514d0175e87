"""One target through every layer of a resource graph: what each says of it, by which rule.

The reading is the proof's own, of resources alone. It is our model of the layers: no engine and no AWS is asked.
"""
