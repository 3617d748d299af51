/*
 * Hotplug requests by ACPI, with the guest's AML between host and guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "model/acpi-ost.h"
#include "request-scene.h"

#define MOST_ROUNDS  400

const HotplugRequestTiming scene_timing = {
    .timeout = MINUTE, .again = 500, .again_most = 32000, .stale = 30000,
};

/* ---- what the guest's accesses mean to the host ------------------------- */

static void hear_answers(Scene *scene, const Machine *machine)
{
    while (scene->ejects < machine->ejects->len) {
        const MachineSlot *slot = machine_eject(machine, scene->ejects++);

        acpi_host_eject(&scene->host, slot->bus, slot->slot);
    }
    while (scene->osts < machine->osts->len) {
        const MachineOst *ost = machine_ost(machine, scene->osts++);

        acpi_host_say(&scene->host, ost->bus, ost->slot, ost->event,
                      ost->status);
    }
    for (; scene->reports < machine->reports->len; scene->reports++) {
        acpi_host_not_ready(&scene->host);
    }
}

static void hear(Machine *machine, const MachineAccess *access, void *opaque)
{
    Scene *scene = opaque;
    bool listening = machine->gpe_enable[0] & ACPI_HOST_EVENT;

    acpi_host_read(&scene->host, access->bus, access->seen);
    hear_answers(scene, machine);
    if (listening != scene->listening) {
        scene->listening = listening;
        acpi_host_listen(&scene->host, listening);
    }
}

void scene_start(Scene *scene, const TestBoard *board, bool listening)
{
    *scene = (Scene) { .guest = test_guest_start(board, BUSES, listening) };
    for (unsigned bus = 0; bus < BUSES; bus++) {
        scene->slots[bus].bus = bus;
        scene->slots[bus].slot = test_guest_slot(&scene->guest, bus);
    }
    scene->listening = listening;
    scene->reports = scene->guest.machine->reports->len;
    scene->guest.machine->slots.once = true;
    acpi_host_start(&scene->host, &scene->guest.machine->slots,
                    &scene->guest.machine->gpe, scene->slots, BUSES,
                    scene_timing);
    scene->guest.machine->hook = hear;
    scene->guest.machine->hook_opaque = scene;
}

void scene_end(Scene *scene)
{
    assert_null(scene->host.broken);
    scene->guest.machine->hook = NULL;
    test_guest_end(&scene->guest);
}

/* ---- the guest's handler ------------------------------------------------ */

void scene_say(Scene *scene, const AcpiHostSlot *slot, uint32_t event,
               uint32_t status)
{
    g_autofree char *path = test_slot_path(scene->guest.root, slot->bus,
                                           slot->slot);
    g_autofree char *method = g_strdup_printf("%s._OST", path);

    if (scene->guest.board->ost) {
        g_autoptr(BenchValue) value = bench_evaluate(
            scene->guest.bench, method, bench_integer(event),
            bench_integer(status), bench_buffer("", 0), NULL);

        assert_string_equal(scene->guest.bench->status, "AE_OK");
    }
}

void scene_eject(Scene *scene, const AcpiHostSlot *slot)
{
    test_guest_eject(&scene->guest, slot->bus, slot->slot);
}

static void handle_unplug(Scene *scene, AcpiHostSlot *slot)
{
    const uint32_t event = ACPI_OST_EJECTION_REQUEST;

    switch (scene->habit) {
    case IGNORES:
        return;
    case DECLINES:
        scene_say(scene, slot, event, ACPI_OST_EJECT_BUSY);
        return;
    case SAYS_SUCCESS_FIRST:
        scene_say(scene, slot, event, ACPI_OST_SUCCESS);
        break;
    case SAYS_IN_PROGRESS_FIRST:
        scene_say(scene, slot, event, ACPI_OST_EJECT_IN_PROGRESS);
        scene_say(scene, slot, event, ACPI_OST_EJECT_IN_PROGRESS);
        break;
    case EJECTS_TWICE:
        scene_eject(scene, slot);
        break;
    default:
        break;
    }
    scene_eject(scene, slot);
    scene_say(scene, slot, event, ACPI_OST_SUCCESS);
}

static void handle(Scene *scene, const BenchNotification *told)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        AcpiHostSlot *slot = &scene->slots[bus];
        g_autofree char *path = test_slot_path(scene->guest.root, bus,
                                               slot->slot);

        if (!g_str_equal(path, told->path)) {
            continue;
        }
        if (told->value == NOTIFY_UNPLUG) {
            handle_unplug(scene, slot);
        } else if (slot->present) {
            acpi_host_configure(&scene->host, slot, UINT8_MAX);
            scene_say(scene, slot, ACPI_OST_DEVICE_CHECK, ACPI_OST_SUCCESS);
        }
    }
}

void scene_run(Scene *scene)
{
    const Bench *bench = scene->guest.bench;

    bench_run(scene->guest.bench);
    while (scene->handled < bench->notifications->len) {
        handle(scene, bench_notification(bench, scene->handled++));
        bench_run(scene->guest.bench);
    }
}

void scene_settle(Scene *scene)
{
    AcpiHost *host = &scene->host;

    scene_run(scene);
    for (unsigned round = 0; round < MOST_ROUNDS &&
                             acpi_host_due(host) != HOTPLUG_NEVER; round++) {
        acpi_host_pass_time(host, MAX(acpi_host_due(host) - host->now, 0));
        scene_run(scene);
    }
    assert_null(host->broken);
    assert_false(acpi_host_is_anything_open(host));
    for (unsigned bus = 0; bus < BUSES; bus++) {
        assert_int_equal(scene->slots[bus].watch.opened,
                         scene->slots[bus].watch.ended);
    }
}

void scene_listen(Scene *scene, bool on)
{
    const MachinePorts *ports = &scene->guest.machine->ports;

    machine_write(scene->guest.machine, ports->gpe + ports->gpe_bytes, 1,
                  on ? ACPI_HOST_EVENT : 0);
}

/* ---- host's requests ---------------------------------------------------- */

void scene_plug_all(Scene *scene)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        acpi_host_plug(&scene->host, &scene->slots[bus], 1);
    }
}

void scene_unplug_all(Scene *scene)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        acpi_host_unplug(&scene->host, &scene->slots[bus]);
    }
}

void assert_ended(const Scene *scene, HotplugOutcome outcome, unsigned count)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        assert_int_equal(scene->slots[bus].ended[outcome], count);
    }
}

void assert_present(const Scene *scene, uint8_t functions)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        assert_int_equal(scene->slots[bus].present, functions);
    }
}

unsigned scene_told(const Scene *scene)
{
    return scene->guest.bench->notifications->len;
}
