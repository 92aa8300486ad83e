"""What the tests with real programs share: where those programs are, and a running gateway."""
