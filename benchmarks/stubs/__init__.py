"""AWS services as local HTTP servers, each a process of its own, as slow as we say and no wiser."""
