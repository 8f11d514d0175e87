"""What ``ringfence verify --live`` asks of AWS."""

from ringfence.plan import Plan
from ringfence.source.diagnostic import Diagnostic, InputError
from ringfence.verify.graph import ResourceGraph


def live_graph(plan: Plan) -> ResourceGraph:
    """What AWS itself has of an environment; needs the extra `live`, and credentials that may read it."""
    place = plan.environment.span("config", "ringfence:environment", "account")
    try:
        from ringfence.aws.live.api import Api, connect
        from ringfence.aws.live.environment import read_environment
    except ImportError as error:
        message, mend = f"AWS cannot be asked here: {error}", "install the extra `live`"
        raise InputError([Diagnostic(place, "RF130", message, mend)]) from error
    return read_environment(Api(connect(plan.environment.region), place), plan.environment, _roles(plan))


def policy_for_reading(plan: Plan) -> str:
    """The permissions that this needs, as an IAM policy; nobody is asked for it."""
    from ringfence.aws.live.calls import reading_policy

    written = plan.environment
    return reading_policy(written.environment.account, written.region, _roles(plan)).text()


def place_of(plan: Plan) -> str:
    """Where it is read, for people."""
    return f"AWS, account {plan.environment.environment.account} in {plan.environment.region}"


def _roles(plan: Plan) -> list[str]:
    """The roles of every agent, its execution role among them."""
    agents = plan.effective.agents
    return [role for agent in agents for role in (agent.role, agent.execution_role) if role]
