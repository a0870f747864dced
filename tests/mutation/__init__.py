"""Do the tests notice when a rule is wrong? Small faults, one at a time, and the tests that must see each of them."""
