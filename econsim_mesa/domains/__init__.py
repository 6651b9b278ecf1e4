"""The domains: what coexists in a town, a room each."""
