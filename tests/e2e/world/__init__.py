"""A small AWS for tests with the real Pulumi engine: one account in one Region, kept in a file.

It stands in for the provider's binary, `pulumi-resource-aws`, and for what that talks to. It takes what AWS would take
of the resources that Ringfence registers, and refuses the rest: properties that the provider does not know or misses,
values outside the constraints of AWS's own service models, references to what is not there, deletions of what is in
use, names and addresses that are taken, and more than the quotas allow. It replaces where AWS replaces, leaves open in
a preview what AWS decides, and writes every operation down in order. `table` says where each refusal is from; it shares
nothing with the code that is tested.

What it does not model:

- time: an operation takes effect whole and at once, at every endpoint of a firewall and in every zone; nothing is
  eventually consistent, and no role or policy needs a while to be known;
- workloads: of an ECS service and a Lambda function it knows where they are placed; no task starts, no image is
  fetched, no interface is made, and functions come from images only;
- traffic: nothing flows. That an interface, an address or a role is used by a workload it does not know, unless a test
  makes such a thing by hand;
- permissions: whoever asks may do all there is. Policy documents are parsed as JSON and not evaluated;
- rules for Suricata: lines are counted against a rule group's capacity, and not parsed;
- the provider's own checks before a deployment, defaults that it fills in, tags that it adds, and the many properties
  that AWS returns and nobody here reads;
- retries: the provider asks again when AWS is busy, and an error of this world is what is left after that;
- IPv6, other partitions, and every resource type that `schema.TYPES` does not name: an operation on one is refused.
"""
