/*
 * ICH9: the ACPI register block outlives suspend to RAM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waking up resets the machine, the place of the ACPI registers included.  It
 * is the firmware's to put them back.  OVMF does, SeaBIOS does so for PIIX4
 * alone; the guest then finds no register block, and never hears of an ACPI
 * event again: docs/specs/acpi-pcihp.rst.
 */

#include "qemu/osdep.h"
#include "hw/acpi/ich9-wakeup.h"
#include "hw/resettable.h"
#include "hw/southbridge/ich9.h"
#include "qom/object.h"
#include "system/reset.h"
#include "trace.h"

#define TYPE_ICH9_PM_KEEPER  "ich9-pm-keeper"
OBJECT_DECLARE_SIMPLE_TYPE(Ich9PmKeeper, ICH9_PM_KEEPER)

/*
 * @lpc: the bridge, which owns this
 * @pmbase, @acpi_cntl: its registers, while a reset is going on
 */
struct Ich9PmKeeper {
    Object parent_obj;
    ResettableState reset_state;
    PCIDevice *lpc;
    uint32_t pmbase;
    uint32_t acpi_cntl;
};

static ResettableState *keeper_reset_state(Object *obj)
{
    return &ICH9_PM_KEEPER(obj)->reset_state;
}

static void keeper_reset_enter(Object *obj, ResetType type)
{
    Ich9PmKeeper *keeper = ICH9_PM_KEEPER(obj);

    keeper->pmbase = pci_default_read_config(keeper->lpc, ICH9_LPC_PMBASE, 4);
    keeper->acpi_cntl = pci_default_read_config(keeper->lpc,
                                                ICH9_LPC_ACPI_CTRL, 1);
}

/* All devices have been reset. */
static void keeper_reset_exit(Object *obj, ResetType type)
{
    Ich9PmKeeper *keeper = ICH9_PM_KEEPER(obj);
    PCIDevice *lpc = keeper->lpc;

    if (type == RESET_TYPE_WAKEUP) {
        trace_ich9_pm_block_kept(keeper->pmbase, keeper->acpi_cntl);
        lpc->config_write(lpc, ICH9_LPC_PMBASE, keeper->pmbase, 4);
        lpc->config_write(lpc, ICH9_LPC_ACPI_CTRL, keeper->acpi_cntl, 1);
    }
}

void ich9_keep_pm_block(PCIDevice *lpc)
{
    Object *keeper = object_new(TYPE_ICH9_PM_KEEPER);

    ICH9_PM_KEEPER(keeper)->lpc = lpc;
    object_property_add_child(OBJECT(lpc), "pm-keeper", keeper);
    object_unref(keeper);
    qemu_register_resettable(keeper);
}

static void keeper_class_init(ObjectClass *oc, void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    rc->get_state = keeper_reset_state;
    rc->phases.enter = keeper_reset_enter;
    rc->phases.exit = keeper_reset_exit;
}

static const TypeInfo keeper_info = {
    .name = TYPE_ICH9_PM_KEEPER,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Ich9PmKeeper),
    .class_init = keeper_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_RESETTABLE_INTERFACE },
        { }
    },
};

static void keeper_register(void)
{
    type_register_static(&keeper_info);
}

type_init(keeper_register)
