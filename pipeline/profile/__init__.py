"""Where a run's core-seconds go: `clock` divides a thread's time among activities, `units` keeps what workers measured,
`phases` adds up a run, `table` prints it. Measured where `assay run --profile` asks for it; nothing hangs on it.
"""
