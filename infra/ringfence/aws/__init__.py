"""The policy written in AWS's own terms: first as plain data (`enforcement`), then as Pulumi resources."""
