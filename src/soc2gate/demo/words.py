"""What the demo's company calls things, as its Terraform variables come out."""

from __future__ import annotations

NAME = "harbourline-prod"
TAGS = {"Environment": "prod", "ManagedBy": "terraform", "Owner": "platform"}
OFFICES = ("198.51.100.0/27", "203.0.113.64/28")
