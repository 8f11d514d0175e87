"""Names of risky combinations, which profiles accept by name; `review/risk.py` finds them."""

RISKS = {
    "private-to-public": "reads private data and can write in public",
    "private-to-anywhere": "reads private data and can reach arbitrary hosts",
    "code-with-secrets": "executes code and holds secrets",
    "private-to-public-by-calls": "reads private data and can write in public, with agents that it can call",
    "private-to-anywhere-by-calls": "reads private data and can reach arbitrary hosts, with agents that it can call",
    "code-with-secrets-by-calls": "executes code and holds secrets, with agents that it can call",
    "open-sibling": "is read-only on one name while a sibling name of the same service stays open",
}
"""Every combination by its stable name, and what it is."""
