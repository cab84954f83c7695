"""Credentials in plain words."""
