"""Whole journeys through the web application."""
