"""What pilots of a finished run would have said of it, against what happened.

`fates` reads from the run's files what became of each document, `pilot` lets a part of the documents go through the same
stages alone, `compare` asks each pilot what the plan would ask, and `show` prints it.
"""

from pipeline.planning.backtest.compare import backtest
from pipeline.planning.backtest.show import print_backtest

__all__ = ["backtest", "print_backtest"]
