"""Capabilities: what agents may need, by name, with the hosts, requests and AWS actions that each stands for."""
