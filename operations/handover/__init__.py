"""From one strategy to another, or to an autoscaler, with the number of pods and the traffic kept."""
