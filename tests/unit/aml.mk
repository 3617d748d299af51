# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests that run the AML: programs of QEMU's aml-build, our acpi/, our models
# and ACPICA.  Called by unit.mk with VARIANT, QEMU_TREE and QEMU_BUILD set,
# after acpica/get-acpica.

include $(dir $(lastword $(MAKEFILE_LIST)))flags.mk

OBJECTS := $(UNIT_BUILD)/$(VARIANT)/aml

# Functions that nobody calls bring in no others: that leaves most of QEMU out.
SECTIONS := -ffunction-sections -fdata-sections
VARIANT_CFLAGS := $(unit-cflags-$(VARIANT)) $(SECTIONS) $(UNIT_DEPEND)

all: programs

include $(UNIT_TOP)/$(UNIT_DIR)/acpica/acpica.mk

PROGRAMS := test-pci-event-aml test-pci-event-race-aml \
    test-pci-event-late-aml test-pci-event-cost-aml test-pci-slots-aml \
    test-pci-naming-aml test-pci-osc-aml test-pci-osc-report-aml \
    test-pci-ost-aml test-pci-golden-aml test-pci-request-aml

# ---- sources ------------------------------------------------------------------

AML_SOURCES := $(patsubst $(UNIT_TOP)/%,%,$(wildcard $(UNIT_TOP)/acpi/*.c))
MODEL_SOURCES := hw/model/acpi-slots.c hw/model/acpi-ost.c hw/model/gpe.c \
    hw/model/hotplug-mode.c hw/model/hotplug-request.c \
    hw/model/hotplug-request-names.c
BENCH_SOURCES := $(addprefix $(UNIT_DIR)/acpica/,bench.c machine.c operations.c \
    osl.c tables.c values.c) $(addprefix $(UNIT_DIR)/,random.c acpi-host.c \
    request-watch.c)

HOTPLUG_SOURCES := $(addprefix $(UNIT_DIR)/acpica/,boards.c hotplug-dsdt.c \
    hotplug-guest.c) $(UNIT_DIR)/request-scene.c

# These see QEMU's headers.
QEMU_USERS := $(AML_SOURCES) $(HOTPLUG_SOURCES) $(PROGRAMS:%=$(UNIT_DIR)/%.c) \
    $(UNIT_DIR)/write-dsdts.c

objects = $(patsubst %.c,$(OBJECTS)/%.o,$(1))

COMMON := $(call objects,$(AML_SOURCES) $(MODEL_SOURCES) $(BENCH_SOURCES) \
    $(HOTPLUG_SOURCES)) $(OBJECTS)/qemu/hw/acpi/aml-build.o \
    $(OBJECTS)/libacpica.a

# ---- flags --------------------------------------------------------------------

PACKAGES := glib-2.0
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES))

LDFLAGS := $(unit-ldflags-$(VARIANT)) -Wl,--gc-sections \
    -Wl,--wrap=$(BEGIN_OPERATION)

# ---- rules ---------------------------------------------------------------------

programs: $(PROGRAMS:%=$(OBJECTS)/%) $(OBJECTS)/write-dsdts

check: programs
	@$(UNIT_TOP)/$(UNIT_DIR)/run-programs $(PROGRAMS:%=$(OBJECTS)/%)
	@$(UNIT_TOP)/$(UNIT_DIR)/check-iasl $(OBJECTS)/write-dsdts $(QEMU_TREE)

.PHONY: all programs check
.SECONDARY:

$(PROGRAMS:%=$(OBJECTS)/%) $(OBJECTS)/write-dsdts: \
    $(OBJECTS)/%: $(OBJECTS)/$(UNIT_DIR)/%.o $(COMMON)
	@echo "  LD $(VARIANT)/aml/$*"
	@$(UNIT_CC) $(LDFLAGS) $^ -lcmocka $(PACKAGE_LIBS) -o $@

$(call objects,$(QEMU_USERS)): EXTRA_CFLAGS := $(UNIT_QEMU_CFLAGS)
$(OBJECTS)/$(UNIT_DIR)/test-pci-golden-aml.o: EXTRA_CFLAGS += \
    -DGOLDEN_TABLES='"$(QEMU_TREE)/tests/data/acpi/x86"'
$(call objects,$(BENCH_SOURCES)): EXTRA_CFLAGS := $(ACPICA_CFLAGS)

$(OBJECTS)/%.o: $(UNIT_TOP)/%.c $(UNIT_TOP)/$(UNIT_DIR)/aml.mk
	@mkdir -p $(@D)
	@echo "  CC $(@:$(UNIT_BUILD)/%=%)"
	@$(UNIT_CC) $(UNIT_CFLAGS) $(VARIANT_CFLAGS) $(PACKAGE_CFLAGS) \
	    $(EXTRA_CFLAGS) -c $< -o $@

$(OBJECTS)/qemu/%.o: $(QEMU_TREE)/%.c
	@mkdir -p $(@D)
	@echo "  CC $(@:$(UNIT_BUILD)/%=%)"
	@$(UNIT_CC) -std=gnu11 -g -w -D_GNU_SOURCE $(VARIANT_CFLAGS) \
	    $(PACKAGE_CFLAGS) $(UNIT_QEMU_CFLAGS) -c $< -o $@

-include $(shell find $(OBJECTS) -name '*.d' 2>/dev/null)
