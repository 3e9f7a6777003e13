"""The store on disk: raw calls in immutable segments, the sessions derived from them, leases and the query journal."""
