"""From a preset and a machine to a launch plan."""
