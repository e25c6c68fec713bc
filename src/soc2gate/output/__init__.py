"""Reporters: a finished `Run` in, text out. They see nothing else, so every format tells the same story."""
