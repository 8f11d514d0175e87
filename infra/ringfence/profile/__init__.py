"""Profiles, classes and environments: read, validated, and turned into the policy of an environment."""
