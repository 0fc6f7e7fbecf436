"""Labels for rows on which no function votes."""
