"""Enforcement: the policy as security groups, rules, lists and endpoint policies. Plain data, no Pulumi."""
