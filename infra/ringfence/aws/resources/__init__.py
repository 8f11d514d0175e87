"""Enforcement as Pulumi resources: the only part of Ringfence that imports Pulumi."""
