"""Events: what happens to the town by schedule, by record or by chance; one idea a file."""
