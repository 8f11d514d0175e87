"""What a change interrupts on its way in: traffic that both sides allow, and that a deployment stops for a while.

Most changes interrupt nothing: what replaces something is there before it, and rules come before those that they
replace go. What is here cannot be done so in AWS.
"""

from collections.abc import Iterator, Mapping

from ringfence.plan import Plan
from ringfence.policy.effective import inspected_agents
from ringfence.policy.flow import Https, Internet, Tls
from ringfence.review.difference import Interruption
from ringfence.review.through import State


def interruptions(before: State, after: State, renamed: Mapping[str, str]) -> tuple[Interruption, ...]:
    """What deploying *after* over *before* interrupts; ``renamed`` are new names by their old ones."""
    if before.plan is None or after.plan is None:
        return ()
    stay = staying(before.plan, after.plan)
    return tuple(_found(before, after, before.plan, after.plan, stay, renamed))


def staying(before: Plan, after: Plan) -> tuple[str, ...]:
    """Agents of both sides that reach anything, and are not cut off."""
    then = {agent.name for agent in before.effective.agents if not agent.quarantined}
    return tuple(agent.name for agent in after.effective.agents if agent.name in then and not agent.quarantined)


def place_of(plan: Plan) -> tuple[object, ...]:
    """What makes the VPC another one where it changes."""
    environment = plan.environment.environment
    return (plan.environment.region, environment.account, environment.cidrs[0])


def _found(
    before: State, after: State, old: Plan, new: Plan, stay: tuple[str, ...], renamed: Mapping[str, str]
) -> Iterator[Interruption]:
    was, now = old.environment.environment, new.environment.environment
    if stay and place_of(old) != place_of(new):
        yield Interruption(
            stay, "the VPC is made anew: its place or its first network is another",
            "every workload stands still until it has moved",
            "deploy it as an environment of another name, move the workloads, then remove this one",
        )  # fmt: skip
        return
    changed = was.zones != now.zones or was.inspection != now.inspection
    if was.protect and was.inspection != "none" and changed and _through_firewall(old, old, stay):
        yield Interruption(
            stay, "the firewall is protected (`protect: true`)", "the deployment stops at it, half of the change made",
            "deploy `protect: false` first, then this, then `protect: true` again",
        )  # fmt: skip
    for name, other in sorted(renamed.items()):
        yield Interruption(
            (other,), f"`{name}` is called `{other}`", "each name has a segment of its own, and the old one goes",
            "keep both profiles for one deployment, and move the workload between the two",
        )  # fmt: skip
    if gone := sorted(set(was.zones) - set(now.zones)):
        yield Interruption(
            stay, f"{', '.join(gone)} is left", "what runs in its subnets has no network any more",
            "move what runs there to the other zones before" + _routes_first(old, new, gone),
        )  # fmt: skip
    for name in stay:
        lost = [network for network in before.networks.get(name, ()) if network not in after.networks.get(name, ())]
        if lost and not gone:
            yield Interruption(
                (name,), f"its addresses {', '.join(lost)} are given back", "what runs there has no network any more",
                "move its workload to its other subnets before",
            )  # fmt: skip
    yield from _firewall(old, new, stay)


def _firewall(old: Plan, new: Plan, stay: tuple[str, ...]) -> Iterator[Interruption]:
    """Open connections of which a firewall knows nothing: it comes, goes, or begins or ends to decrypt them
    (https://docs.aws.amazon.com/network-firewall/latest/developerguide/tls-inspection-considerations.html).
    """
    was, now = (plan.environment.environment.inspection for plan in (old, new))
    through = _through_firewall(old, new, stay)
    ends = "connections that are open end; new ones work at once"
    if "none" in (was, now) and was != now and through:
        cause = f"inspection: {was} becomes {now}"
        yield Interruption(through, cause, ends, "deploy it when a retry costs little")
    then, today = (decrypted(plan) for plan in (old, new))
    if begins := tuple(name for name in through if name in today - then):
        yield Interruption(
            begins, "their TLS is decrypted from now on",
            "connections that are open end; new ones work where the client trusts the inspection CA",
            "give the CA to their clients before (docs/outputs.md)",
        )  # fmt: skip
    if was == "requests" and (stops := tuple(name for name in through if name in then - today)):
        yield Interruption(stops, "their TLS is decrypted no more", ends, "deploy it when a retry costs little")


def _routes_first(old: Plan, new: Plan, gone: list[str]) -> str:
    """A firewall gives no endpoint up that a route names, and Pulumi deletes after everything else."""
    if "none" in (old.environment.environment.inspection, new.environment.environment.inspection):
        return ""
    name = new.environment.name
    targets = " ".join(f"--target '**aws:ec2/route:Route::{name}-*{zone}*'" for zone in gone)
    return f", then its routes go first: `pulumi destroy --stack {name} {targets}`"


def decrypted(plan: Plan) -> frozenset[str]:
    """The agents whose TLS the firewall decrypts."""
    requests = plan.environment.environment.inspection == "requests"
    return inspected_agents(plan.declared) if requests else frozenset()


def _through_firewall(old: Plan, new: Plan, stay: tuple[str, ...]) -> tuple[str, ...]:
    """Agents that reach the internet on both sides."""
    sides = [
        {flow.agent for flow in plan.effective.flows if isinstance(flow.access, Https | Tls | Internet)}
        for plan in (old, new)
    ]
    return tuple(name for name in stay if all(name in side for side in sides))
