"""What rules let through of one kind of connection, against what is granted there: decided once for all that is alike.

Each decision is a function of the rules that can match in its part of the traffic, of what is granted, and of nothing
else. `Candidates` are equal where they decide alike, so agents whose rules and grants are of one shape share it, and
what is remembered is exact: a decision is taken again wherever anything that it depends on differs.
"""
