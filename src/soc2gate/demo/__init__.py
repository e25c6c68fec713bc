"""The demo company Harbourline, the account and cluster it runs on, and what people did to them by hand.

`company/` holds the code as its engineers would commit it. `seed_account` and `seed_cluster` build the same a second
time by API calls alone, `changes` are the hand-made ones, `expected` says what `verify` has to make of them, and `run`
tells the whole story. Nothing here uses soc2gate's readers: the demo judges them.
"""
