"""What a stack's resources are held to before they are made, Ringfence's own stack and any other beside it."""
