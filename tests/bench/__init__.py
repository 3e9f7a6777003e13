"""What the tool's speed is measured with: `python -m tests.bench [--quick]`."""
