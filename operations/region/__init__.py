"""Regions in and out of traffic: by records alone, whatever runs in their clusters."""
