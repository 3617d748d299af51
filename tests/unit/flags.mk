# SPDX-License-Identifier: GPL-2.0-or-later
#
# What unit.mk, aml.mk and glue.mk share: places, compilers, variants.

UNIT_TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)
UNIT_BUILD := $(UNIT_TOP)/build/unit
UNIT_DIR := tests/unit

-include $(UNIT_TOP)/build/config.mak

UNIT_CC := $(CCACHE) $(or $(CC),cc)
UNIT_CFLAGS := -std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter \
    -D_GNU_SOURCE -I$(UNIT_TOP)/include -I$(UNIT_TOP)/$(UNIT_DIR)
UNIT_DEPEND := -MMD -MP

# Each program is built as it is, and with sanitizers.
UNIT_VARIANTS := plain sanitized
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer
unit-cflags-plain := -O2
unit-cflags-sanitized := -O1 $(UNIT_SANITIZE)
unit-ldflags-sanitized := $(UNIT_SANITIZE)

# For programs that see QEMU's headers, with QEMU_TREE and QEMU_BUILD set.
# -idirafter: QEMU has headers that are called like the system's.
UNIT_QEMU_CFLAGS = -D_FILE_OFFSET_BITS=64 -fno-strict-aliasing -fwrapv \
    $(addprefix -idirafter ,$(QEMU_BUILD) $(QEMU_TREE)/include \
    $(QEMU_TREE)/host/include/generic $(QEMU_TREE) \
    $(QEMU_TREE)/linux-headers $(QEMU_BUILD)/linux-headers)
