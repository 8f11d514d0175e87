"""Files as people wrote them: trees of files, YAML with positions, and diagnostics that point into it."""
