"""Reach: the traffic that a set of resources lets through, read from the resources alone, and its proof.

Shares no code with what writes the rules: its own reading of Suricata's rule language, of groups, lists and routes.
It takes value types from ``policy``, never their matchers, and imports neither pulumi nor boto3. What it does not
understand it calls *not proved*, by name; it never guesses.
"""
