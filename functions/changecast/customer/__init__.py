"""One customer's account: plans, composes, sends and reports its own mails."""
