"""Decisions: the closed set of actions, the scheduler, and the deciders behind one seam."""
