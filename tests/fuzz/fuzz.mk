# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzz targets: programs of libFuzzer (clang) with sanitizers.  Called by
# run-fuzz.  A new target is a source tests/fuzz/NAME.c, its name in
# fuzz-targets, and its other sources in fuzz-sources-NAME; it may add
# fuzz-packages-NAME (of pkg-config).

include $(dir $(lastword $(MAKEFILE_LIST)))../unit/flags.mk

FUZZ_CC := $(or $(FUZZ_CC),clang)
FUZZ_BUILD := $(UNIT_TOP)/build/fuzz
FUZZ_DIR := tests/fuzz
FUZZ_CFLAGS := $(UNIT_CFLAGS) -O1 $(UNIT_SANITIZE) -fsanitize=fuzzer

fuzz-targets := fuzz-hotplug-request fuzz-hotplug-acpi fuzz-pcie-slot fuzz-vgpu

fuzz-sources-requests := $(UNIT_DIR)/random.c $(UNIT_DIR)/request-watch.c \
    hw/model/hotplug-request.c hw/model/hotplug-request-names.c
fuzz-sources-fuzz-hotplug-request := $(UNIT_DIR)/request-walk.c \
    $(fuzz-sources-requests)
fuzz-sources-fuzz-hotplug-acpi := $(UNIT_DIR)/acpi-host.c \
    $(UNIT_DIR)/acpi-world.c hw/model/acpi-slots.c hw/model/acpi-ost.c hw/model/gpe.c \
    $(fuzz-sources-requests)
fuzz-sources-fuzz-pcie-slot := $(UNIT_DIR)/slot-world.c \
    hw/model/pcie-slot.c hw/model/pcie-slot-registers.c \
    $(fuzz-sources-requests)
fuzz-sources-fuzz-vgpu := $(UNIT_DIR)/random.c $(UNIT_DIR)/vgpu-dump.c \
    $(UNIT_DIR)/vgpu-guest.c $(UNIT_DIR)/vgpu-host.c \
    $(UNIT_DIR)/vgpu-reference.c $(UNIT_DIR)/vgpu-rules.c \
    $(UNIT_DIR)/vgpu-world.c hw/model/vgpu-cmd.c hw/model/vgpu-proto.c \
    hw/model/vgpu-resource.c hw/model/vgpu-scanout.c hw/model/vgpu-transfer.c
fuzz-packages-fuzz-vgpu := glib-2.0 pixman-1

all: $(fuzz-targets:%=$(FUZZ_BUILD)/%)

list:
	@echo $(fuzz-targets)

# $(1): target
define fuzz-rule
$(FUZZ_BUILD)/$(1): $(addprefix $(UNIT_TOP)/,$(FUZZ_DIR)/$(1).c \
        $(fuzz-sources-$(1))) $(wildcard $(UNIT_TOP)/$(UNIT_DIR)/*.h \
        $(UNIT_TOP)/$(FUZZ_DIR)/*.h $(UNIT_TOP)/include/model/*.h)
	@mkdir -p $$(@D)
	@echo "#   CC fuzz/$(1)"
	@$$(FUZZ_CC) $$(FUZZ_CFLAGS) -I$(UNIT_TOP)/$(FUZZ_DIR) \
	    $(if $(fuzz-packages-$(1)),$$$$(pkg-config --cflags \
	    $(fuzz-packages-$(1)))) $$(filter %.c,$$^) \
	    $(if $(fuzz-packages-$(1)),$$$$(pkg-config --libs \
	    $(fuzz-packages-$(1)))) -o $$@
endef

$(foreach target,$(fuzz-targets),$(eval $(call fuzz-rule,$(target))))

.PHONY: all list
.DELETE_ON_ERROR:
