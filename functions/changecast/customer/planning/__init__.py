"""From an announcement to a delivery plan: who gets which mail."""
