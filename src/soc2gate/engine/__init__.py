"""From resources to a decision: ask the rules, pair the two sides, compare them, weigh what came out.

Read in order: `evaluate` (findings), `match` (pairs), `compare` (disagreements), `waivers`, `criteria`, `gate`.
"""
