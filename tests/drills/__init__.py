"""Drills: what a page of docs/ tells people to do, done to the letter on a bare system."""
