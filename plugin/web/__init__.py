"""Pages: blueprints that validate, ask a use-case, and render. They decide nothing."""
