"""Ringfence: capability profiles for AI agents, compiled into the AWS network that allows them and nothing else."""

__version__ = "0.1.0"
