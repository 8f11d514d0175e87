"""The Pulumi program: `pulumi up -s dev` deploys what `ringfence review --env dev` shows."""

from ringfence.aws.resources.program import main

main()
