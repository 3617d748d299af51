/*
 * Hotplug requests: migration and snapshots
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Machine types of QEMU 10.0 keep its stream: of an open request goes what that
 * has for one, a bit in DOWN or UP, or the attention button's event, and is
 * made a request again where it is loaded.  Our machine type sends requests
 * whole, in a section of its own.
 *
 * A request that was open before a snapshot was loaded stays open; the guest is
 * asked anew.
 */

#include "qemu/osdep.h"
#include "hw/pci/hotplug-switch.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pci_host.h"
#include "migration/vmstate.h"
#include "pci-hotplug-internal.h"
#include "pci-internal.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "system/runstate.h"

/* As long as QEMU's names of devices in a stream may be. */
#define PLACE_SIZE  256

/* All slots of a machine with as many buses as PCI has numbers. */
#define SAVED_MOST  (256 * PCI_SLOT_MAX)

/*
 * SavedSlot: a slot in the stream
 *
 * @place: of the bus: the path of the bridge that has it, or, of a root bus,
 *     its name
 */
typedef struct SavedSlot {
    uint8_t place[PLACE_SIZE];
    uint8_t device;
    HotplugRequest request;
} SavedSlot;

typedef struct SavedSlots {
    int32_t count;
    SavedSlot *slots;
} SavedSlots;

static struct {
    bool pending;           /* registers were loaded, requests not yet */
    bool whole;             /* the stream has a section of ours */
    SavedSlots saved;
} migration;

static const PciHotplugPath *paths[HOTPLUG_METHODS];

/* ---- places ------------------------------------------------------------ */

static char *place_of(PCIBus *bus)
{
    return bus->parent_dev ? qdev_get_dev_path(DEVICE(bus->parent_dev))
                           : g_strdup(BUS(bus)->name);
}

static PCIBus *find_below(PCIBus *bus, const char *place)
{
    g_autofree char *here = place_of(bus);
    PCIBus *found = NULL;
    PCIBus *child;

    if (g_strcmp0(here, place) == 0) {
        return bus;
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        found = found ?: find_below(child, place);
    }
    return found;
}

static PCIBus *find_bus(const char *place)
{
    PCIBus *found = NULL;
    PCIHostState *bridge;

    QLIST_FOREACH(bridge, &pci_host_bridges, next) {
        if (bridge->bus && !found) {
            found = find_below(bridge->bus, place);
        }
    }
    return found;
}

/* ---- our machine type's section ---------------------------------------- */

static void release_saved(void)
{
    g_clear_pointer(&migration.saved.slots, g_free);
    migration.saved.count = 0;
}

static void save_slot(PciHotplugSlotRequests *slot, void *opaque)
{
    GArray *saved = opaque;
    g_autofree char *place = place_of(slot->bus);
    SavedSlot entry = { .device = slot->device, .request = slot->request };

    if (hotplug_request_is_of_interest(&slot->request) && place &&
        saved->len < SAVED_MOST) {
        pstrcpy((char *)entry.place, sizeof(entry.place), place);
        g_array_append_val(saved, entry);
    }
}

static int save_slots(void *opaque)
{
    GArray *saved = g_array_new(false, false, sizeof(SavedSlot));

    release_saved();
    pci_hotplug_visit_slots(save_slot, saved);
    migration.saved.count = saved->len;
    migration.saved.slots = (SavedSlot *)g_array_free(saved, false);
    return 0;
}

static int slots_saved(void *opaque)
{
    release_saved();
    return 0;
}

static int prepare_to_load(void *opaque)
{
    release_saved();
    return 0;
}

static int check_loaded(void *opaque, int version_id)
{
    for (int32_t i = 0; i < migration.saved.count; i++) {
        const SavedSlot *slot = &migration.saved.slots[i];

        if (slot->device >= PCI_SLOT_MAX ||
            !memchr(slot->place, 0, sizeof(slot->place)) ||
            !hotplug_request_is_valid(&slot->request)) {
            error_report("The stream has a hotplug request that can't be one: "
                         "send the guest again");
            release_saved();
            return -EINVAL;
        }
    }
    pci_hotplug_loaded();
    return 0;
}

static bool count_is_possible(void *opaque, int version_id)
{
    return migration.saved.count >= 0 && migration.saved.count <= SAVED_MOST;
}

/* What does not migrate: the array that is loaded into is not cleared. */
static int clear_slot(void *opaque)
{
    memset(opaque, 0, sizeof(SavedSlot));
    return 0;
}

static const VMStateDescription vmstate_request = {
    .name = "pci-hotplug-request",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = clear_slot,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER(place, SavedSlot),
        VMSTATE_UINT8(device, SavedSlot),
        VMSTATE_UINT8(request.kind, SavedSlot),
        VMSTATE_UINT8(request.state, SavedSlot),
        VMSTATE_UINT8(request.method, SavedSlot),
        VMSTATE_BOOL(request.listening, SavedSlot),
        VMSTATE_BOOL(request.busy, SavedSlot),
        VMSTATE_BOOL(request.hidden, SavedSlot),
        VMSTATE_BOOL(request.woken, SavedSlot),
        VMSTATE_BOOL(request.late, SavedSlot),
        VMSTATE_UINT8(request.functions, SavedSlot),
        VMSTATE_UINT8(request.done, SavedSlot),
        VMSTATE_UINT8(request.reads, SavedSlot),
        VMSTATE_UINT8(request.stale_reads, SavedSlot),
        VMSTATE_UINT32(request.signals, SavedSlot),
        VMSTATE_INT64(request.asked, SavedSlot),
        VMSTATE_INT64(request.signalled, SavedSlot),
        VMSTATE_INT64(request.listened, SavedSlot),
        VMSTATE_INT64(request.since, SavedSlot),
        VMSTATE_INT64(request.again, SavedSlot),
        VMSTATE_INT64(request.interval, SavedSlot),
        VMSTATE_INT64(request.stale_until, SavedSlot),
        VMSTATE_END_OF_LIST()
    }
};

static void lend_slot(PciHotplugSlotRequests *slot, void *opaque)
{
    if (slot->request.kind == HOTPLUG_REQUEST_UNPLUG &&
        slot->request.state == HOTPLUG_REQUEST_QUEUED) {
        slot->path->lend(slot->bus, slot->device, true);
    }
}

/*
 * This section is the first that a stream is asked about, before registers are
 * saved: the moment to have them show what a stream without it would lose.
 */
static bool section_is_needed(void *opaque)
{
    if (!migration.whole) {
        pci_hotplug_visit_slots(lend_slot, NULL);
    }
    return migration.whole;
}

static const VMStateDescription vmstate_requests = {
    .name = "pci-hotplug-requests",
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_MAX,
    .needed = section_is_needed,
    .pre_save = save_slots,
    .post_save = slots_saved,
    .pre_load = prepare_to_load,
    .post_load = check_loaded,
    .fields = (const VMStateField[]) {
        VMSTATE_INT32(count, SavedSlots),
        VMSTATE_VALIDATE("number of slots", count_is_possible),
        VMSTATE_STRUCT_VARRAY_ALLOC(slots, SavedSlots, count, 1,
                                    vmstate_request, SavedSlot),
        VMSTATE_END_OF_LIST()
    }
};

/* ---- requests again ---------------------------------------------------- */

void pci_hotplug_loaded(void)
{
    migration.pending = true;
}

static void install(const SavedSlot *saved)
{
    const char *place = (const char *)saved->place;
    PCIBus *bus = find_bus(place);
    const PciHotplugPath *path = paths[saved->request.method];

    if (bus && path) {
        pci_hotplug_install(path, bus, saved->device, &saved->request);
    } else {
        warn_report("A hotplug request came for a bus '%s' that is not here; "
                    "it is dropped", place);
    }
}

static void adopt_below(PCIBus *bus)
{
    PCIBus *child;

    for (unsigned method = 0; method < HOTPLUG_METHODS; method++) {
        if (paths[method]) {
            paths[method]->adopt(bus);
        }
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        adopt_below(child);
    }
}

void pci_hotplug_settle(void)
{
    PCIHostState *bridge;

    if (!migration.pending || runstate_check(RUN_STATE_INMIGRATE) ||
        runstate_check(RUN_STATE_RESTORE_VM)) {
        return;
    }
    migration.pending = false;
    pci_hotplug_switch_follow_loaded();
    pci_hotplug_ask_anew();
    for (int32_t i = 0; i < migration.saved.count; i++) {
        install(&migration.saved.slots[i]);
    }
    release_saved();
    QLIST_FOREACH(bridge, &pci_host_bridges, next) {
        if (bridge->bus) {
            adopt_below(bridge->bus);
        }
    }
}

static void take_back(PciHotplugSlotRequests *slot, void *opaque)
{
    if (slot->request.kind != HOTPLUG_REQUEST_NONE) {
        slot->path->lend(slot->bus, slot->device, false);
    }
}

static void run_state_changed(void *opaque, bool running, RunState state)
{
    if (running) {
        pci_hotplug_settle();
        pci_hotplug_visit_slots(take_back, NULL);
    }
}

void pci_hotplug_migrate_whole(void)
{
    migration.whole = true;
}

void pci_hotplug_follow_migration(const PciHotplugPath *path,
                                  HotplugMethod method)
{
    bool first = true;

    for (unsigned i = 0; i < HOTPLUG_METHODS; i++) {
        first = first && !paths[i];
    }
    paths[method] = path;
    if (first) {
        qemu_add_vm_change_state_handler(run_state_changed, NULL);
        vmstate_register(NULL, 0, &vmstate_requests, &migration.saved);
    }
}
