# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests that run a file of the glue by itself: programs that have what it calls
# of QEMU's in their own.  Called by unit.mk with VARIANT, QEMU_TREE and
# QEMU_BUILD set.

include $(dir $(lastword $(MAKEFILE_LIST)))flags.mk

OBJECTS := $(UNIT_BUILD)/$(VARIANT)/glue
PROGRAMS := test-virtio-gpu-blob test-virtio-gpu-queue

sources-test-virtio-gpu-blob := hw/display/virtio-gpu-2d.c \
    hw/display/virtio-gpu-memory.c hw/model/vgpu-cmd.c hw/model/vgpu-proto.c \
    hw/model/vgpu-resource.c hw/model/vgpu-scanout.c hw/model/vgpu-transfer.c
sources-test-virtio-gpu-queue := hw/display/virtio-gpu-queue.c

PACKAGES := glib-2.0 pixman-1
CFLAGS := $(UNIT_CFLAGS) -Wno-sign-compare -Wno-missing-field-initializers \
    $(unit-cflags-$(VARIANT)) $(UNIT_DEPEND) \
    $(shell pkg-config --cflags $(PACKAGES)) $(UNIT_QEMU_CFLAGS)
LIBS := -lcmocka $(shell pkg-config --libs $(PACKAGES))

check: $(PROGRAMS:%=$(OBJECTS)/%)
	@$(UNIT_TOP)/$(UNIT_DIR)/run-programs $^

.PHONY: check
.SECONDEXPANSION:

$(PROGRAMS:%=$(OBJECTS)/%): $(OBJECTS)/%: \
    $$(addprefix $(OBJECTS)/,$(UNIT_DIR)/$$*.o $(UNIT_DIR)/glue-qemu.o \
    $$(sources-$$*:.c=.o))
	@echo "  LD $(VARIANT)/glue/$*"
	@$(UNIT_CC) $(unit-ldflags-$(VARIANT)) $^ $(LIBS) -o $@

# trace.h is the tree's, and another one in each of its folders.
$(OBJECTS)/%.o: $(UNIT_TOP)/%.c $(UNIT_TOP)/$(UNIT_DIR)/glue.mk
	@mkdir -p $(@D)
	@echo "  CC $(@:$(UNIT_BUILD)/%=%)"
	@$(UNIT_CC) $(CFLAGS) -iquote $(QEMU_TREE)/$(<D:$(UNIT_TOP)/%=%) \
	    -c $< -o $@

-include $(shell find $(OBJECTS) -name '*.d' 2>/dev/null)
