"""What commands are asked about: an agent, its environments, a target, and what would let the one reach the other."""

from collections.abc import Iterable

from ringfence.catalogue.load import load_catalogue
from ringfence.plan import Plan
from ringfence.policy.policy import Agent
from ringfence.policy.span import Span
from ringfence.policy.target import AgentTarget, Target, TargetError, TransportTarget, parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.fleet import agent_names, agent_path, read_environments, stack_names
from ringfence.profile.model import Profile
from ringfence.profile.remedy import Refusal, Suggestion
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, did_you_mean
from ringfence.source.document import parse_document
from ringfence.source.model import validate
from ringfence.source.tree import Directory, Tree


def agent_of(plan: Plan, name: str) -> Agent:
    """The agent of a name; raises `InputError` where the environment has none."""
    found = {agent.name: agent for agent in plan.effective.agents}
    if name in found:
        return found[name]
    if name in plan.fleet.profiles:
        raise not_in(plan, name)
    raise InputError(
        [Diagnostic(Span(agent_path(name)), "RF123", f"there is no agent `{name}`", did_you_mean(name, found))]
    )


def not_in(plan: Plan, name: str) -> InputError:
    """The refusal of an agent that there is, and not in this environment."""
    written = plan.fleet.profiles[name]
    message = f"`{name}` is not in {plan.effective.environment}"
    mend = f"it is in {', '.join(written.profile.environments) or 'no environment'}: give --env"
    return InputError([Diagnostic(written.span("environments"), "RF123", message, mend)])


def target_of(plan: Plan, text: str) -> Target:
    """The target of a text; raises `InputError` for what is none, and for an agent or a destination that is unknown."""
    place = Span("TARGET", 1, 1, max(1, len(text)))
    try:
        target = parse_target(text)
    except TargetError as error:
        raise InputError([Diagnostic(place, "RF124", str(error), error.mend)]) from error
    match target:
        case AgentTarget(name) if name not in plan.fleet.profiles:
            mend = did_you_mean(name, plan.fleet.profiles)
            raise InputError([Diagnostic(place, "RF124", f"there is no agent `{name}`", mend)])
        case TransportTarget(_, str() as name, _) if name not in plan.environment.environment.private:
            message = f"{plan.effective.environment} names no private destination `{name}`"
            mend = did_you_mean(name, plan.environment.environment.private)
            raise InputError([Diagnostic(place, "RF124", message, mend)])
        case _:
            return target


def profile_path(tree: Directory, agent: str) -> str:
    """Where an agent's profile stands; raises `InputError` where there is none."""
    path = agent_path(agent)
    if not tree.exists(path):
        mend = did_you_mean(agent, agent_names(tree))
        raise InputError([Diagnostic(Span(path), "RF047", f"unknown agent `{agent}`", mend)])
    return path


def no_environment(env: str, known: Iterable[str]) -> InputError:
    """The refusal of an environment that is none of those that are known."""
    message = f"there is no environment `{env}`"
    return InputError([Diagnostic(Span(f"Pulumi.{env}.yaml"), "RF050", message, did_you_mean(env, known))])


def environments_of(tree: Directory, path: str, env: str | None) -> tuple[str, ...]:
    """The environments that are meant: the one named, or all of a profile's; raises `InputError` for an unknown one.

    They are all that there are where the profile does not say which: it cannot be read, or names one that is unknown.
    """
    stacks = stack_names(tree)
    if env is not None:
        if env not in stacks:
            raise no_environment(env, stacks)
        return (env,)
    profile = profile_at(path, tree.read(path))
    if profile and profile.environments and set(profile.environments).issubset(stacks):
        return profile.environments
    findings = Findings()
    known = read_environments(tree, findings)
    unread = {finding.span.path for finding in findings.diagnostics}
    return tuple(name for name in stacks if name in known or f"Pulumi.{name}.yaml" in unread)


def profile_at(path: str, content: bytes) -> Profile | None:
    """What a profile's text says; None where it is none."""
    document = parse_document(path, content, Findings())
    return validate(Profile, document, Findings()) if document else None


def remedy_of(
    tree: Tree, plan: Plan, agent: Agent, target: Target, findings: Findings, *, narrowest: bool = False
) -> Suggestion | Refusal | None:
    """What would allow the target (`profile.suggest`); None where the profiles allow it."""
    if judge(plan.declared.of(agent.name), target).allowed:
        return None
    from ringfence.profile.suggest import may_speak_of, suggest

    catalogue = load_catalogue(tree, findings, may_speak_of(target))
    return suggest(plan.fleet, catalogue, plan.environment, plan.declared, agent, target, narrowest=narrowest)
