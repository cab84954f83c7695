"""The sub-commands of ``microcred``: they ask, call a use-case and tell the outcome. They decide nothing."""
