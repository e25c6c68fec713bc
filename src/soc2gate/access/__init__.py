"""Who may do what in an account and a cluster, for people to review: `soc2gate access-review`."""
