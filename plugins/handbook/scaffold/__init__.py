"""New services: ``handbook new`` writes a repo that the tutorial explains and the rules accept."""
