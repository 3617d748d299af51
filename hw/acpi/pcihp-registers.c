/*
 * ACPI PCI hotplug: registers, set-up and migration
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/acpi-pcihp.rst describes the registers; the model
 * (hw/model/acpi-slots.c) is what answers the guest.
 */

#include "qemu/osdep.h"
#include "hw/acpi/gpe.h"
#include "hw/acpi/ich9.h"
#include "hw/acpi/pcihp.h"
#include "hw/acpi/piix4.h"
#include "hw/core/before-reset.h"
#include "hw/pci/pci.h"
#include "hw/southbridge/ich9.h"
#include "hw/vmstate-if.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "pcihp-internal.h"
#include "trace.h"

QEMU_BUILD_BUG_ON(offsetof(AcpiPciHpState, acpi_pcihp_pci_status) !=
                  offsetof(AcpiPciHpState, slots.bus));
QEMU_BUILD_BUG_ON(offsetof(AcpiPciHpState, hotplug_select) !=
                  offsetof(AcpiPciHpState, slots.select));
QEMU_BUILD_BUG_ON(offsetof(AcpiPciHpState, acpi_index) !=
                  offsetof(AcpiPciHpState, slots.index));

static void trace_read(uint64_t offset, uint32_t value)
{
    switch (offset) {
    case ACPI_SLOTS_UP:
        trace_acpi_pci_up_read(value);
        break;
    case ACPI_SLOTS_DOWN:
        trace_acpi_pci_down_read(value);
        break;
    case ACPI_SLOTS_EJ:
        trace_acpi_pci_features_read(value);
        break;
    case ACPI_SLOTS_RMV:
        trace_acpi_pci_rmv_read(value);
        break;
    case ACPI_SLOTS_SEL:
        trace_acpi_pci_sel_read(value);
        break;
    case ACPI_SLOTS_AIDX:
        trace_acpi_pci_acpi_index_read(value);
        break;
    }
}

static void trace_refusal(const char *window, uint64_t offset, unsigned size,
                          const char *access, uint64_t value,
                          AcpiSlotsRefusal refusal)
{
    trace_acpi_pcihp_refused(window, offset, size, access, value,
                             acpi_slots_refusal_name(refusal));
}

static uint64_t window_read(void *opaque, hwaddr offset, unsigned size)
{
    AcpiPciHpState *s = opaque;
    AcpiSlotsValue read = acpi_slots_read(&s->slots, offset, size);

    if (read.refusal) {
        trace_refusal("registers", offset, size, "read", 0, read.refusal);
    } else {
        trace_read(offset, read.value);
    }
    if (s->slots.once && read.seen) {
        acpi_pcihp_seen(s, read.bus, read.seen);
    }
    return read.value;
}

static void window_write(void *opaque, hwaddr offset, uint64_t value,
                         unsigned size)
{
    AcpiPciHpState *s = opaque;
    AcpiSlotsEffect effect = acpi_slots_write(&s->slots, offset, size, value);
    uint32_t index;

    if (effect.refusal) {
        trace_refusal("registers", offset, size, "write", value,
                      effect.refusal);
    } else if (offset == ACPI_SLOTS_SEL) {
        trace_acpi_pci_sel_write(offset, value);
    }

    switch (effect.action) {
    case ACPI_SLOTS_NOTHING:
        break;
    case ACPI_SLOTS_EJECT:
        trace_acpi_pci_ej_write(offset, value);
        acpi_pcihp_eject_slot(s, effect.bus, effect.slot);
        break;
    case ACPI_SLOTS_LOOK_UP:
        index = acpi_pcihp_find_index(s, effect.bus, effect.slot);
        acpi_slots_set_index(&s->slots, index);
        trace_acpi_pci_acpi_index_write(effect.bus, effect.slot, index);
        break;
    case ACPI_SLOTS_OSC_REPORT:
    case ACPI_SLOTS_OST_REPORT:
        break;    /* of the extension window */
    }
}

static uint64_t extension_read(void *opaque, hwaddr offset, unsigned size)
{
    AcpiPciHpState *s = opaque;
    AcpiSlotsValue read = acpi_slots_read_extension(&s->slots, offset, size);

    if (read.refusal) {
        trace_refusal("extension", offset, size, "read", 0, read.refusal);
    } else {
        trace_acpi_pcihp_next(read.value);
    }
    return read.value;
}

static void write_osc(AcpiPciHpState *s, uint32_t value)
{
    if (pci_hotplug_switch_osc(s->hotplug_switch, value)) {
        acpi_pcihp_osc_evaluated(s);
    } else {
        trace_acpi_pcihp_refused("extension", ACPI_SLOTS_OSC, sizeof(value),
                                 "write", value,
                                 "no such host bridge, or not granted");
    }
}

static void extension_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    AcpiPciHpState *s = opaque;
    AcpiSlotsEffect effect = acpi_slots_write_extension(&s->slots, offset,
                                                        size, value);

    if (effect.refusal) {
        trace_refusal("extension", offset, size, "write", value,
                      effect.refusal);
    } else if (effect.action == ACPI_SLOTS_OSC_REPORT) {
        write_osc(s, effect.value);
    } else if (effect.action == ACPI_SLOTS_OST_REPORT) {
        acpi_pcihp_ost(s, effect.bus, effect.slot, effect.event,
                       effect.status);
    }
}

/*
 * Small accesses reach the model, which refuses them.  Unaligned ones are cut
 * into aligned pieces, of which those past the window are not for it.
 */
#define ANY_ACCESS  { .min_access_size = 1, .max_access_size = 4 }

static const MemoryRegionOps window_ops = {
    .read = window_read,
    .write = window_write,
    .valid = ANY_ACCESS,
    .impl = ANY_ACCESS,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps extension_ops = {
    .read = extension_read,
    .write = extension_write,
    .valid = ANY_ACCESS,
    .impl = ANY_ACCESS,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- set-up and migration ---------------------------------------------- */

static int bus_loaded(void *opaque, int version_id)
{
    pci_hotplug_loaded();
    return 0;
}

const VMStateDescription vmstate_acpi_pcihp_pci_status = {
    .name = "acpi_pcihp_pci_status",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = bus_loaded,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(up, AcpiPciHpPciStatus),
        VMSTATE_UINT32(down, AcpiPciHpPciStatus),
        VMSTATE_END_OF_LIST()
    }
};

/*
 * A section of its own, and of machines with fast scan alone, so that the
 * owners' descriptions stay the ones that other QEMUs have.
 */
static const VMStateDescription vmstate_fast_scan = {
    .name = "acpi_pcihp_fast_scan",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(slots.visit, AcpiPciHpState,
                             ACPI_PCIHP_MAX_HOTPLUG_BUS / 32),
        VMSTATE_END_OF_LIST()
    }
};

static void bool_get(Object *owner, Visitor *v, const char *name,
                     void *opaque, Error **errp)
{
    visit_type_bool(v, name, opaque, errp);
}

bool acpi_pcihp_may_change(Object *owner, const char *name, Error **errp)
{
    if (DEVICE(owner)->realized) {
        error_setg(errp, "%s.%s can't change once the machine is made: set it "
                   "with -global on the command line",
                   object_get_typename(owner), name);
        return false;
    }
    return true;
}

static void bool_set(Object *owner, Visitor *v, const char *name,
                     void *opaque, Error **errp)
{
    bool *setting = opaque;
    bool value;

    if (visit_type_bool(v, name, &value, errp) &&
        acpi_pcihp_may_change(owner, name, errp)) {
        *setting = value;
    }
}

void acpi_pcihp_add_bool(Object *owner, const char *name, bool *setting,
                         const char *description)
{
    object_property_add(owner, name, "bool", bool_get, bool_set, NULL,
                        setting);
    object_property_set_description(owner, name, description);
}

void acpi_pcihp_add_properties(Object *owner, AcpiPciHpState *s,
                               uint16_t extension_base)
{
    s->extension_base = extension_base;
    acpi_pcihp_add_bool(owner, ACPI_PCIHP_PROP_FAST_SCAN, &s->slots.fast_scan,
                        "guest finds the bus that has something to do without "
                        "asking all of them");
    acpi_pcihp_add_bool(owner, ACPI_PCIHP_PROP_OST_REPORT, &s->ost_report,
                        "guest tells how it gets on with requests");
}

/* Tables, and whoever asks by QMP, read where the registers are. */
static void add_port_property(AcpiPciHpState *s, const char *name,
                              const uint16_t *value)
{
    object_property_add_uint16_ptr(s->owner, name, value, OBJ_PROP_FLAG_READ);
}

static ACPIREGS *event_registers(Object *owner)
{
    if (object_dynamic_cast(owner, TYPE_ICH9_LPC_DEVICE)) {
        return &ICH9_LPC_DEVICE(owner)->pm.acpi_regs;
    }
    return object_dynamic_cast(owner, TYPE_PIIX4_PM) ? &PIIX4_PM(owner)->ar
                                                     : NULL;
}

static bool event_enabled(Object *owner, Error **errp)
{
    ACPIREGS *registers = event_registers(owner);

    return registers && acpi_gpe_is_enabled(registers,
                                            ACPI_PCI_HOTPLUG_STATUS);
}

static void event_changed(Notifier *notifier, void *opaque)
{
    AcpiPciHpState *s = container_of(notifier, AcpiPciHpState, gpe_changed);
    const AcpiGpeEnabled *what = opaque;

    if (what->regs != event_registers(s->owner) || what->byte) {
        return;
    }
    if (what->events & ACPI_PCI_HOTPLUG_STATUS) {
        s->woken = false;
        pci_hotplug_listen(&acpi_pcihp_path, NULL, true);
    } else if (what->disabled & ACPI_PCI_HOTPLUG_STATUS) {
        pci_hotplug_listen(&acpi_pcihp_path, NULL, false);
    }
}

static void follow_event(AcpiPciHpState *s)
{
    if (s->slots.once) {
        pci_hotplug_requests_attend(&acpi_pcihp_path, HOTPLUG_METHOD_ACPI);
        s->gpe_changed.notify = event_changed;
        acpi_gpe_add_enabled_notifier(&s->gpe_changed);
    }
}

void acpi_pcihp_map_extension(Object *owner, AcpiPciHpState *s,
                              MemoryRegion *io)
{
    if (memory_region_is_mapped(&s->extension)) {
        return;
    }
    s->owner = owner;
    memory_region_init_io(&s->extension, owner, &extension_ops, s,
                          "acpi-pci-hotplug-extension",
                          ACPI_SLOTS_EXTENSION_SIZE);
    memory_region_add_subregion(io, s->extension_base, &s->extension);
    add_port_property(s, ACPI_PCIHP_EXTENSION_IO_BASE_PROP, &s->extension_base);
}

static void init_fast_scan(AcpiPciHpState *s, MemoryRegion *io)
{
    acpi_pcihp_map_extension(s->owner, s, io);
    vmstate_register(VMSTATE_IF(s->owner), VMSTATE_INSTANCE_ID_ANY,
                     &vmstate_fast_scan, s);
}

void acpi_pcihp_init(Object *owner, AcpiPciHpState *s, PCIBus *root,
                     MemoryRegion *io, uint16_t io_base)
{
    acpi_slots_init(&s->slots, s->use_acpi_hotplug_bridge, s->slots.fast_scan);
    s->slots.osc_report = s->osc_report;
    s->slots.ost_report = s->ost_report;
    s->slots.once = pci_hotplug_requests_enabled();
    s->owner = owner;
    s->root = root;
    s->io_base = io_base;
    s->io_len = ACPI_SLOTS_WINDOW_SIZE;

    follow_event(s);
    s->before_reset.notify = acpi_pcihp_before_reset;
    before_reset_add(&s->before_reset);
    memory_region_init_io(&s->io, owner, &window_ops, s, "acpi-pci-hotplug",
                          s->io_len);
    memory_region_add_subregion(io, s->io_base, &s->io);
    add_port_property(s, ACPI_PCIHP_IO_BASE_PROP, &s->io_base);
    add_port_property(s, ACPI_PCIHP_IO_LEN_PROP, &s->io_len);
    object_property_add_bool(owner, ACPI_PCIHP_PROP_EVENT_ENABLED,
                             event_enabled, NULL);
    if (s->slots.fast_scan) {
        init_fast_scan(s, io);
    }
    if (s->slots.ost_report) {
        acpi_pcihp_map_extension(owner, s, io);
    }
}
