"""The EU controlled lists that the standard elements draw from."""
