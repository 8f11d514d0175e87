"""Suricata's rule language, read in general, and what a set of rules makes of traffic.

After the engine's own documentation (https://docs.suricata.io/en/latest/rules/intro.html and the pages on each
keyword), for AWS Network Firewall's classic policies. A keyword or a form that is not read here is never guessed:
the rule that has it is named, and with it nothing is proved.
"""
