"""`python -m datafoundry_cli` is the command `datafoundry`."""

import sys

from datafoundry_cli.main import main

sys.exit(main())
