"""The core: the model and its steps, who there is, time, luck, the ledger, and what a domain is."""
