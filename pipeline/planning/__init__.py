"""How much to collect: what a run, a probe or a published funnel says of data that has not been read yet."""
