"""Regular languages over octets: what a path expression, a host or a piece of content stands for, exactly."""
