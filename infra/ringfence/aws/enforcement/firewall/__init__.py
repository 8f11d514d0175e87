"""AWS Network Firewall's stateful rules: a closed set of forms whose order cannot change a verdict.

``firewall_rules`` is the way in; docs/firewall-rules.md describes the forms.
"""

from ringfence.aws.enforcement.firewall.compile import firewall_rules
from ringfence.aws.enforcement.firewall.error import FirewallError

__all__ = ["FirewallError", "firewall_rules"]
