"""`python -m tests.simulation SCHEDULES SEED`."""

import sys

from tests.simulation.run import main

sys.exit(main(sys.argv[1:]))
