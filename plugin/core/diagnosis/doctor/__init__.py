"""The doctor: every prerequisite, what may be wrong with it, and the clicks that mend it."""
