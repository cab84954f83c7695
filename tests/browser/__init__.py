"""The journeys of teacher, learner and employer in a real Chromium."""
