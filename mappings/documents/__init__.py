"""One micro-credential in the formats of the field."""
