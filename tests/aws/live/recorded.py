"""Answers of services that moto does not model, in the shapes of AWS's own service models.

Parameters are checked by botocore before an answer is given, and every answer by the same validator against the
operation's output, as botocore's Stubber does; unlike that, this one answers in any order, and in pages.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.validate import validate_parameters

Json = dict[str, Any]
Answer = Callable[[Json], Json]
PAGE = 3
"""Members in a page: so few that every list has several."""


class Recorded:
    """Holds what two services have, and answers for them on every client of a session."""

    def __init__(self) -> None:
        self.firewalls: dict[str, Json] = {}
        self.policies: dict[str, Json] = {}
        self.groups: dict[str, Json] = {}
        self.inspections: dict[str, Json] = {}
        self.logging: dict[str, Json] = {}
        self.dns_associations: list[Json] = []
        self.dns_rules: dict[str, list[Json]] = {}
        self.domains: dict[str, list[str]] = {}
        self.fail_open: dict[str, str] = {}
        self.profiles: list[Json] = []
        self.answers: dict[tuple[str, str], Answer] = {
            ("network-firewall", "ListFirewalls"): self._firewalls,
            ("network-firewall", "DescribeFirewall"): lambda asked: self.firewalls[asked["FirewallArn"]],
            ("network-firewall", "DescribeFirewallPolicy"): lambda asked: self.policies[asked["FirewallPolicyArn"]],
            ("network-firewall", "DescribeRuleGroup"): lambda asked: self.groups[asked["RuleGroupArn"]],
            ("network-firewall", "DescribeTLSInspectionConfiguration"): lambda asked: self.inspections[
                asked["TLSInspectionConfigurationArn"]
            ],
            ("network-firewall", "DescribeLoggingConfiguration"): lambda asked: self.logging[asked["FirewallArn"]],
            ("route53resolver", "ListFirewallRuleGroupAssociations"): lambda asked: {
                "FirewallRuleGroupAssociations": [
                    each for each in self.dns_associations if each["VpcId"] == asked["VpcId"]
                ]
            },
            ("route53resolver", "ListFirewallRules"): lambda asked: {
                "FirewallRules": self.dns_rules[asked["FirewallRuleGroupId"]]
            },
            ("route53resolver", "ListFirewallDomains"): lambda asked: {
                "Domains": self.domains[asked["FirewallDomainListId"]]
            },
            ("route53resolver", "GetFirewallConfig"): lambda asked: {
                "FirewallConfig": {
                    "Id": "rslvr-fc-0123456789abcdef0",
                    "OwnerId": "111111111111",
                    "ResourceId": asked["ResourceId"],
                    "FirewallFailOpen": self.fail_open.get(asked["ResourceId"], "DISABLED"),
                }
            },
            ("route53profiles", "ListProfileAssociations"): lambda asked: {
                "ProfileAssociations": [each for each in self.profiles if each["ResourceId"] == asked["ResourceId"]]
            },
        }

    def _firewalls(self, asked: Json) -> Json:
        of_these = [
            each["Firewall"] for each in self.firewalls.values() if each["Firewall"]["VpcId"] in asked["VpcIds"]
        ]
        return {"Firewalls": [{key: each[key] for key in ("FirewallArn", "FirewallName")} for each in of_these]}

    def register(self, session: Session) -> None:
        """Answer on every client that the session makes from now on."""
        for service, operation in self.answers:
            session.register(f"before-parameter-build.{service}.{operation}", _remember)
            session.register(f"before-call.{service}.{operation}", self._answer)

    def _answer(self, model: Any, context: Json, **_: Any) -> tuple[AWSResponse, Json]:
        service = model.service_model.service_name
        asked = context["asked"]
        answer = dict(self.answers[service, model.name](asked))
        for key, value in answer.items():
            if model.name.startswith("List") and isinstance(value, list):
                start = int(asked.get("NextToken", 0))
                answer = {key: value[start : start + PAGE]}
                if start + PAGE < len(value):
                    answer["NextToken"] = str(start + PAGE)
        validate_parameters(answer, model.output_shape)
        return AWSResponse("", 200, {}, None), answer


def _remember(params: Json, context: Json, **_: Any) -> None:
    context["asked"] = dict(params)


def refusing(code: str, *operations: tuple[str, str]) -> Callable[..., None]:
    """A handler that refuses some operations before they are sent, for `hooked` on ``before-parameter-build``."""

    def refuse(model: Any, **_: Any) -> None:
        if (model.service_model.service_name, model.name) in operations:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, model.name)

    return refuse


@contextmanager
def hooked(session: Session, event: str, handler: Callable[..., Any]) -> Iterator[None]:
    """A handler on every client that a session makes meanwhile."""
    session.register(event, handler)
    yield
    session.unregister(event, handler)
