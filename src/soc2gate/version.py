"""The version, in one place: hatchling reads it when it builds, reports print it."""

__version__ = "0.1.0"
