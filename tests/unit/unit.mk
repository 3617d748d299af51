# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unit tests: models, which need no QEMU; AML and glue, which need QEMU's tree.
#
# Included by the top Makefile; works by itself as well:
#
#   make -f tests/unit/unit.mk check-unit
#
# A suite of tests/suites.toml runs one of the check-unit-* targets.

.DEFAULT_GOAL ?= check-unit

include $(dir $(lastword $(MAKEFILE_LIST)))flags.mk

# ---- models: programs and what they are made of ------------------------------

unit-sources-acpi-slots := hw/model/acpi-slots.c hw/model/acpi-ost.c

unit-models := test-acpi-ost test-acpi-slots test-acpi-slots-host \
    test-acpi-slots-next test-acpi-slots-once test-acpi-slots-osc \
    test-acpi-slots-ost \
    test-acpi-slots-random test-gpe test-hotplug-acpi-random \
    test-hotplug-mode test-hotplug-native-random \
    test-hotplug-request test-hotplug-request-edges \
    test-hotplug-request-random test-hotplug-request-table \
    test-pcie-slot test-pcie-slot-pciehp \
    test-pcie-slot-random test-pcie-slot-requests test-pcie-slot-writes \
    test-vgpu-cmd test-vgpu-cmd-refused test-vgpu-proto test-vgpu-random \
    test-vgpu-resource test-vgpu-scanout test-vgpu-transfer

unit-sources-hotplug-request := hw/model/hotplug-request.c \
    hw/model/hotplug-request-names.c
unit-sources-pcie-slot := hw/model/pcie-slot.c hw/model/pcie-slot-registers.c
unit-sources-vgpu := $(UNIT_DIR)/vgpu-dump.c hw/model/vgpu-cmd.c \
    hw/model/vgpu-proto.c hw/model/vgpu-resource.c hw/model/vgpu-scanout.c \
    hw/model/vgpu-transfer.c

unit-sources-test-acpi-ost := hw/model/acpi-ost.c
unit-sources-test-acpi-slots := $(UNIT_DIR)/acpi-slots-fixture.c \
    $(unit-sources-acpi-slots)
unit-sources-test-acpi-slots-host := $(unit-sources-test-acpi-slots)
unit-sources-test-acpi-slots-next := $(unit-sources-test-acpi-slots)
unit-sources-test-acpi-slots-once := $(unit-sources-acpi-slots)
unit-sources-test-acpi-slots-osc := $(unit-sources-test-acpi-slots)
unit-sources-test-acpi-slots-ost := $(unit-sources-test-acpi-slots)
unit-sources-test-acpi-slots-random := $(UNIT_DIR)/random.c \
    $(unit-sources-acpi-slots)
unit-sources-test-gpe := $(UNIT_DIR)/random.c hw/model/gpe.c
unit-sources-test-hotplug-acpi-random := $(UNIT_DIR)/random.c \
    $(UNIT_DIR)/acpi-host.c $(UNIT_DIR)/acpi-world.c \
    $(UNIT_DIR)/request-watch.c \
    $(unit-sources-acpi-slots) hw/model/gpe.c \
    $(unit-sources-hotplug-request)
unit-sources-test-hotplug-mode := hw/model/hotplug-mode.c
unit-sources-test-hotplug-native-random := $(UNIT_DIR)/random.c \
    $(UNIT_DIR)/slot-world.c $(UNIT_DIR)/request-watch.c \
    $(unit-sources-pcie-slot) $(unit-sources-hotplug-request)
unit-sources-test-hotplug-request := $(unit-sources-hotplug-request)
unit-sources-test-hotplug-request-edges := $(unit-sources-hotplug-request)
unit-sources-test-hotplug-request-random := $(UNIT_DIR)/random.c \
    $(UNIT_DIR)/request-walk.c $(UNIT_DIR)/request-watch.c \
    $(unit-sources-hotplug-request)
unit-sources-test-hotplug-request-table := $(unit-sources-hotplug-request)
unit-sources-test-pcie-slot := $(UNIT_DIR)/pcie-slot-matrix.c \
    $(unit-sources-pcie-slot)
unit-sources-test-pcie-slot-pciehp := $(UNIT_DIR)/pciehp-guest.c \
    $(unit-sources-pcie-slot)
unit-sources-test-pcie-slot-random := $(UNIT_DIR)/random.c \
    $(unit-sources-pcie-slot)
unit-sources-test-pcie-slot-requests := $(unit-sources-pcie-slot)
unit-sources-test-pcie-slot-writes := $(unit-sources-pcie-slot)
unit-sources-test-vgpu-cmd := $(UNIT_DIR)/vgpu-fixture.c $(unit-sources-vgpu)
unit-sources-test-vgpu-cmd-refused := $(unit-sources-test-vgpu-cmd)
unit-sources-test-vgpu-proto := hw/model/vgpu-proto.c
unit-sources-test-vgpu-random := $(UNIT_DIR)/random.c \
    $(UNIT_DIR)/vgpu-guest.c $(UNIT_DIR)/vgpu-host.c \
    $(UNIT_DIR)/vgpu-reference.c $(UNIT_DIR)/vgpu-rules.c \
    $(UNIT_DIR)/vgpu-world.c $(unit-sources-vgpu)
unit-sources-test-vgpu-resource := $(unit-sources-vgpu)
unit-sources-test-vgpu-scanout := $(unit-sources-vgpu)
unit-sources-test-vgpu-transfer := $(UNIT_DIR)/random.c \
    hw/model/vgpu-transfer.c

# virtio-gpu's models use GLib and pixman; the others need neither.
unit-packages := glib-2.0 pixman-1
unit-package-cflags := $(shell pkg-config --cflags $(unit-packages))
unit-package-libs := $(shell pkg-config --libs $(unit-packages))

# $(1): variant, $(2): program
define unit-program-rule
$(UNIT_BUILD)/$(1)/$(2): $$(patsubst %.c,$(UNIT_BUILD)/$(1)/%.o, \
        $(UNIT_DIR)/$(2).c $$(unit-sources-$(2)))
	@echo "  LD $(1)/$(2)"
	@$$(UNIT_CC) $$(unit-ldflags-$(1)) $$^ -lcmocka \
	    $(unit-package-libs) -o $$@
endef

# $(1): variant
define unit-variant-rules
$(UNIT_BUILD)/$(1)/%.o: $(UNIT_TOP)/%.c
	@mkdir -p $$(@D)
	@echo "  CC $(1)/$$*.o"
	@$$(UNIT_CC) $$(UNIT_CFLAGS) $(unit-package-cflags) $$(UNIT_DEPEND) \
	    $$(unit-cflags-$(1)) -c $$< -o $$@

$(foreach program,$(unit-models),$(eval \
    $(call unit-program-rule,$(1),$(program))))

check-unit-models-$(1): $(addprefix $(UNIT_BUILD)/$(1)/,$(unit-models))
	@$(UNIT_TOP)/$(UNIT_DIR)/run-programs $$^

.PHONY: check-unit-models-$(1)
endef

$(foreach variant,$(UNIT_VARIANTS),$(eval \
    $(call unit-variant-rules,$(variant))))

-include $(shell find $(UNIT_BUILD) -name '*.d' -not -path '*/aml/*' 2>/dev/null)

# ---- AML and glue: built by aml.mk and glue.mk, once QEMU's headers are there -

unit-qemu-headers := $(wildcard $(QEMU_BUILD)/qapi/qapi-builtin-types.h)
unit-qemu-make = $(MAKE) --no-print-directory -f $(UNIT_TOP)/$(UNIT_DIR)/$(1).mk \
    $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) \
    VARIANT=$* QEMU_TREE=$(QEMU_TREE) QEMU_BUILD=$(QEMU_BUILD) check

ifeq ($(unit-qemu-headers),)
check-unit-aml-% check-unit-glue-%:
	@echo '1..0 # SKIP it needs a QEMU build: run ./configure and make'
else
check-unit-aml-%:
	@$(UNIT_TOP)/$(UNIT_DIR)/acpica/get-acpica
	@$(call unit-qemu-make,aml)

check-unit-glue-%:
	@$(call unit-qemu-make,glue)
endif

# ---- all ---------------------------------------------------------------------

unit-checks := $(foreach part,models aml glue, \
    $(addprefix check-unit-$(part)-,$(UNIT_VARIANTS)))

check-unit:                     ## unit tests: models, and the AML run by ACPICA
	@$(MAKE) --no-print-directory --keep-going \
	    -f $(UNIT_TOP)/$(UNIT_DIR)/unit.mk $(unit-checks)

.PHONY: check-unit
