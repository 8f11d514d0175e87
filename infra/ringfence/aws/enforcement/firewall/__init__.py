"""AWS Network Firewall's stateful rules: a closed set of forms whose order cannot change a verdict."""
