# SPDX-License-Identifier: GPL-2.0-or-later
#
# ACPICA as a library, $(OBJECTS)/libacpica.a, from what get-acpica provided.

include $(UNIT_TOP)/build/acpica/origin.mak

ACPICA := $(UNIT_TOP)/build/acpica/src
ACPICA_SOURCES := $(wildcard $(ACPICA)/c/*.c)

ACPICA_CFLAGS := -DACPI_PCI_CONFIGURED -I$(ACPICA)/include
ifeq ($(ACPICA_ORIGIN),linux)
ACPICA_CFLAGS += -DACPICA_FROM_LINUX
BEGIN_OPERATION := acpi_ds_exec_begin_op
else
BEGIN_OPERATION := AcpiDsExecBeginOp
endif

# AML is a stream of bytes, and ACPICA reads wider numbers where they lie.
ACPICA_EXEMPT := -fno-sanitize=alignment

$(OBJECTS)/acpica/%.o: $(ACPICA)/c/%.c \
        $(UNIT_TOP)/$(UNIT_DIR)/acpica/acpica.mk
	@mkdir -p $(@D)
	@echo "  CC $(@:$(UNIT_BUILD)/%=%)"
	@$(UNIT_CC) -std=gnu11 -g -w $(VARIANT_CFLAGS) $(ACPICA_EXEMPT) \
	    $(ACPICA_CFLAGS) -c $< -o $@

$(OBJECTS)/libacpica.a: $(patsubst $(ACPICA)/c/%.c,$(OBJECTS)/acpica/%.o, \
        $(ACPICA_SOURCES))
	@rm -f $@
	@$(AR) rcs $@ $^
