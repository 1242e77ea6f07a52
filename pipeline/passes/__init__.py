"""A pass: what a worker does with one unit, what it writes, and the Beam pipeline over all units."""
