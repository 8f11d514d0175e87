"""The engine's configuration, as near to AWS Network Firewall as an open engine can be set.

One text: what the rules are tested under is what `ringfence rules` writes beside them.

What AWS publishes of its configuration is little, so each choice here is the one under which our claims are harder
to hold:

- *inline* streams: data is judged in the packet that brings it, as a firewall in the path must.
- *no exception policy* (``ignore``): a packet that fits no known stream, and a parser that fails, are left to the
  rules. AWS drops or rejects the former (stream exception policy), and what stops only there is not our doing.
  `Exceptions.DROP` is there for the other claim, that nothing legitimate is refused.
- *no midstream pickup*, as AWS says of its stream engine
  (https://docs.aws.amazon.com/network-firewall/latest/developerguide/stream-exception-policy.html).
- every *parser* that the open distribution of either version turns on is on, on the ports that detection finds by
  itself; each version passes over the names that it does not know.
- libhtp's default personality, and its default limits.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class Exceptions(enum.StrEnum):
    """What happens to traffic that the engine cannot follow."""

    IGNORE = "ignore"
    DROP = "drop-flow"


class ActionOrder(enum.Enum):
    """The order in which the engine sorts rules by action; AWS's strict order is neither, so no verdict may
    depend on it."""

    PASS_FIRST = ("pass", "drop", "reject", "alert")
    PASS_LAST = ("alert", "reject", "drop", "pass")


@dataclass(frozen=True, slots=True)
class Setting:
    """How an engine is set for a run.

    ``home_net`` are the networks of HOME_NET; ``variables`` further address variables without their ``$``.
    ``http1_only`` narrows the rules' ``http`` to the first version: AWS does not support "HTTP/2 overloading", so
    its ``http`` may not see HTTP/2
    (https://docs.aws.amazon.com/network-firewall/latest/developerguide/suricata-limitations-caveats.html).
    """

    home_net: tuple[str, ...] = ("10.40.0.0/16",)
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    action_order: ActionOrder = ActionOrder.PASS_FIRST
    exceptions: Exceptions = Exceptions.IGNORE
    http1_only: bool = False


_PARSERS = (
    "bittorrent-dht", "dcerpc", "dhcp", "doh2", "ftp", "ike", "imap", "krb5", "ldap", "mdns", "mqtt", "nfs", "ntp",
    "pgsql", "pop3", "quic", "rdp", "rfb", "sip", "smb", "smtp", "snmp", "ssh", "telnet", "tftp", "websocket",
)  # fmt: skip


def render(setting: Setting, rule_files: Iterable[str], folder: str = ".") -> str:
    """suricata.yaml for a setting; the files of rules lie in ``folder``, by default where the engine is started.

    The folder for what the engine writes is given when it is started (``-l``).
    """
    exceptions = setting.exceptions.value
    variables = "".join(f'    {name}: "{value}"\n' for name, value in sorted(setting.variables.items()))
    parsers = "".join(f"    {name}:\n      enabled: yes\n" for name in _PARSERS)
    order = "".join(f"  - {action}\n" for action in setting.action_order.value)
    files = "".join(f"  - {name}\n" for name in rule_files)
    return f"""%YAML 1.1
---
vars:
  address-groups:
    HOME_NET: "[{",".join(setting.home_net)}]"
    EXTERNAL_NET: "!$HOME_NET"
{variables}  port-groups:
    HTTP_PORTS: "80"
default-rule-path: {folder}
rule-files:
{files}# No rule names a class, a reference or a threshold.
classification-file: /dev/null
reference-config-file: /dev/null
threshold-file: /dev/null
unix-command:
  enabled: no
stats:
  enabled: no
logging:
  default-log-level: notice
  outputs:
    - console:
        enabled: yes
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      types:
        - alert
        - drop:
            alerts: yes
            flows: all
        - flow
exception-policy: {exceptions}
action-order:
{order}app-layer:
  error-policy: {exceptions}
  protocols:
    tls:
      enabled: yes
      detection-ports:
        dp: 443
      ja3-fingerprints: yes
      ja4-fingerprints: yes
    http:
      enabled: yes
      libhtp:
        default-config:
          personality: IDS
    http2:
      enabled: yes
    dns:
      tcp:
        enabled: yes
        detection-ports:
          dp: 53
      udp:
        enabled: yes
        detection-ports:
          dp: 53
{parsers}stream:
  memcap: 512mb
  memcap-policy: {exceptions}
  checksum-validation: yes
  inline: yes
  midstream: false
  midstream-policy: {exceptions}
  reassembly:
    memcap: 1gb
    memcap-policy: {exceptions}
    depth: 1mb
flow:
  memcap: 512mb
  hash-size: 65536
  prealloc: 1000
  memcap-policy: {exceptions}
defrag:
  memcap: 32mb
  memcap-policy: {exceptions}
host:
  memcap: 32mb
mpm-algo: auto
spm-algo: auto
detect:
  profile: medium
"""
