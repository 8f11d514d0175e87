"""What acts on a deployed environment: through Pulumi's command line, or through AWS's API where that cannot wait."""
