"""What the service costs, as ratios to a bare version of the same thing in the same run."""
