# SPDX-License-Identifier: GPL-2.0-or-later
"""What the Python drivers of tests/qtest share: QEMU processes and TAP."""
