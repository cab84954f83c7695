"""Rows are the truth: what was read, decided, reserved, sealed and handed over, and what is still to be done."""
