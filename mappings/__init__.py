"""From what a platform shows to a European micro-credential: pure functions and values."""
