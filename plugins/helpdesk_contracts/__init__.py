"""Support contracts and trials: who is entitled to support, and why."""
