"""`python -m testbed.simulation SCHEDULES SEED`."""

import sys

from testbed.simulation.run import main

sys.exit(main(sys.argv[1:]))
