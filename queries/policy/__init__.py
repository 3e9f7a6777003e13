"""The access policy: who may reach which machine how, read from `access.toml`, and the verdict on each session."""
