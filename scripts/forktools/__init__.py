# SPDX-License-Identifier: GPL-2.0-or-later
"""What configure, make and the scripts share: source, tree, hooks, build."""

import sys

if sys.version_info < (3, 11):
    sys.exit(f'error: {sys.executable} is older than Python 3.11\n'
             'what to do: put a newer python3 first in PATH, such as Debian\'s '
             '/usr/bin/python3')
