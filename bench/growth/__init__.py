"""How the cost of one decision grows with the people: those who wait, and those who serve."""
