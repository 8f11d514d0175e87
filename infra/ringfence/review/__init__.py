"""What a reviewer sees: access, not resources; every flow and every residual once; the same input, the same bytes."""
