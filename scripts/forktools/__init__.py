# SPDX-License-Identifier: GPL-2.0-or-later
"""What configure, make and the scripts share: source, tree, hooks, build."""
