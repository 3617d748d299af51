/*
 * Test of hotplug requests with the guest's AML between host and guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPICA runs the tables against the registers, and what it reads and writes
 * there reaches the requests, as in hw/acpi/pcihp.c.  The guest's handler of
 * notifications is here, with habits good and bad.  Whatever it does, each
 * request ends once (the rules of request-watch.h), and what it is told of does
 * not grow with the storm.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpi-host.h"
#include "acpica/hotplug-guest.h"
#include "choices.h"
#include "model/acpi-ost.h"

#define BUSES        5
#define MOST_ROUNDS  400
#define MINUTE       60000
#define WALKS        12
#define STEPS        400

static const TestBoard boards[] = {
    { .express = true },
    { .express = true, .ost = true, .fast_scan = true },
    { .express = true, .ost = true, .expander = true, .described = true,
      .reports = true, .fast_scan = true, .native = true },
    { .express = false },
    { .express = false, .ost = true, .fast_scan = true },
};

static const HotplugRequestTiming timing = {
    .timeout = MINUTE, .again = 500, .again_most = 32000, .stale = 30000,
};

/*
 * What the guest does when it is told to eject
 *
 * @EJECTS: as Linux does: _EJ0, then _OST where there is one
 * @IGNORES: nothing, not even an answer
 */
typedef enum Habit {
    EJECTS,
    EJECTS_TWICE,
    SAYS_IN_PROGRESS_FIRST,
    SAYS_SUCCESS_FIRST,
    DECLINES,
    IGNORES,
    HABITS,
} Habit;

/*
 * Scene: host, guest, and how much of the guest's record the host has seen
 *
 * @handled: notifications that the guest's handler took
 */
typedef struct Scene {
    TestGuest guest;
    AcpiHost host;
    AcpiHostSlot slots[BUSES];
    Habit habit;
    bool listening;
    unsigned handled;
    unsigned ejects;
    unsigned osts;
    unsigned reports;
} Scene;

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

/* @listening: whether the guest has enabled its events already */
static void start(Scene *scene, const TestBoard *board, bool listening)
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
                    &scene->guest.machine->gpe, scene->slots, BUSES, timing);
    scene->guest.machine->hook = hear;
    scene->guest.machine->hook_opaque = scene;
}

static void end(Scene *scene)
{
    assert_null(scene->host.broken);
    scene->guest.machine->hook = NULL;
    test_guest_end(&scene->guest);
}

/* ---- the guest's handler ------------------------------------------------ */

static void say(Scene *scene, const AcpiHostSlot *slot, uint32_t event,
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

static void eject(Scene *scene, const AcpiHostSlot *slot)
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
        say(scene, slot, event, ACPI_OST_EJECT_BUSY);
        return;
    case SAYS_SUCCESS_FIRST:
        say(scene, slot, event, ACPI_OST_SUCCESS);
        break;
    case SAYS_IN_PROGRESS_FIRST:
        say(scene, slot, event, ACPI_OST_EJECT_IN_PROGRESS);
        say(scene, slot, event, ACPI_OST_EJECT_IN_PROGRESS);
        break;
    case EJECTS_TWICE:
        eject(scene, slot);
        break;
    default:
        break;
    }
    eject(scene, slot);
    say(scene, slot, event, ACPI_OST_SUCCESS);
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
            say(scene, slot, ACPI_OST_DEVICE_CHECK, ACPI_OST_SUCCESS);
        }
    }
}

/* The guest runs until it has nothing to do, at this time. */
static void run(Scene *scene)
{
    const Bench *bench = scene->guest.bench;

    bench_run(scene->guest.bench);
    while (scene->handled < bench->notifications->len) {
        handle(scene, bench_notification(bench, scene->handled++));
        bench_run(scene->guest.bench);
    }
}

/* Time passes until all is done. */
static void settle(Scene *scene)
{
    AcpiHost *host = &scene->host;

    run(scene);
    for (unsigned round = 0; round < MOST_ROUNDS &&
                             acpi_host_due(host) != HOTPLUG_NEVER; round++) {
        acpi_host_pass_time(host, MAX(acpi_host_due(host) - host->now, 0));
        run(scene);
    }
    assert_null(host->broken);
    assert_false(acpi_host_is_anything_open(host));
    for (unsigned bus = 0; bus < BUSES; bus++) {
        assert_int_equal(scene->slots[bus].watch.opened,
                         scene->slots[bus].watch.ended);
    }
}

static void set_listening(Scene *scene, bool on)
{
    const MachinePorts *ports = &scene->guest.machine->ports;

    machine_write(scene->guest.machine, ports->gpe + ports->gpe_bytes, 1,
                  on ? ACPI_HOST_EVENT : 0);
}

/* ---- host's requests ---------------------------------------------------- */

static void plug_all(Scene *scene)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        acpi_host_plug(&scene->host, &scene->slots[bus], 1);
    }
}

static void unplug_all(Scene *scene)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        acpi_host_unplug(&scene->host, &scene->slots[bus]);
    }
}

static void assert_ended(const Scene *scene, HotplugOutcome outcome,
                         unsigned count)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        assert_int_equal(scene->slots[bus].ended[outcome], count);
    }
}

static void assert_present(const Scene *scene, uint8_t functions)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        assert_int_equal(scene->slots[bus].present, functions);
    }
}

static unsigned told(const Scene *scene)
{
    return scene->guest.bench->notifications->len;
}

typedef void Play(Scene *scene);

static void on_each_board(Play *play, bool listening)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        Scene scene;

        start(&scene, &boards[i], listening);
        play(&scene);
        end(&scene);
    }
}

/* ---- storms ------------------------------------------------------------- */

/* One notification each, whatever came together. */
static void play_storm(Scene *scene)
{
    for (unsigned round = 1; round <= 20; round++) {
        plug_all(scene);
        settle(scene);
        assert_present(scene, 1);
        unplug_all(scene);
        settle(scene);
        assert_present(scene, 0);
        assert_ended(scene, HOTPLUG_COMPLETED, 2 * round);
        assert_int_equal(told(scene), 2 * round * BUSES);
    }
}

/* The opposite at once, again and again, before the guest has run. */
static void play_opposites(Scene *scene)
{
    for (unsigned round = 0; round < 100; round++) {
        plug_all(scene);
        unplug_all(scene);
    }
    assert_int_equal(told(scene), 0);
    settle(scene);
    assert_present(scene, 0);
    assert_true(told(scene) <= 2 * BUSES);
}

/* A storm of unplugs of one device is one request. */
static void play_repeated(Scene *scene)
{
    unsigned before;

    plug_all(scene);
    settle(scene);
    before = told(scene);
    for (unsigned round = 0; round < 100; round++) {
        unplug_all(scene);
    }
    settle(scene);
    assert_present(scene, 0);
    assert_int_equal(told(scene) - before, BUSES);
}

static void test_storms(void **state)
{
    on_each_board(play_storm, true);
    on_each_board(play_opposites, true);
    on_each_board(play_repeated, true);
}

/* ---- ejects ------------------------------------------------------------- */

static void play_double_ejects(Scene *scene)
{
    scene->habit = EJECTS_TWICE;
    for (unsigned round = 1; round <= 10; round++) {
        plug_all(scene);
        settle(scene);
        unplug_all(scene);
        settle(scene);
        assert_present(scene, 0);
        assert_ended(scene, HOTPLUG_COMPLETED, 2 * round);
    }
}

/* The second eject comes when there is another device in the slot. */
static void play_eject_of_the_next(Scene *scene)
{
    scene->habit = IGNORES;
    plug_all(scene);
    settle(scene);
    unplug_all(scene);
    acpi_host_pass_time(&scene->host, timing.again);
    run(scene);
    acpi_host_pass_time(&scene->host, timing.again * 2);
    run(scene);
    assert_true(told(scene) >= 2 * BUSES);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        AcpiHostSlot *slot = &scene->slots[bus];

        eject(scene, slot);
        assert_int_equal(slot->present, 0);
        acpi_host_plug(&scene->host, slot, 1);
        if (told(scene) > 2 * BUSES) {
            eject(scene, slot);
        }
        assert_int_equal(slot->present, 1);
    }
    settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, HOTPLUG_COMPLETED, 3);
}

/* Nobody asked: the guest gives its devices back by itself. */
static void play_own_ejects(Scene *scene)
{
    plug_all(scene);
    settle(scene);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        eject(scene, &scene->slots[bus]);
    }
    assert_present(scene, 0);
    settle(scene);
}

static void test_ejects(void **state)
{
    on_each_board(play_double_ejects, true);
    on_each_board(play_eject_of_the_next, true);
    on_each_board(play_own_ejects, true);
}

/* ---- _OST --------------------------------------------------------------- */

static void play_in_progress(Scene *scene)
{
    scene->habit = SAYS_IN_PROGRESS_FIRST;
    plug_all(scene);
    settle(scene);
    unplug_all(scene);
    settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
}

/* Success without an eject ends nothing; the eject that follows does. */
static void play_success_first(Scene *scene)
{
    scene->habit = SAYS_SUCCESS_FIRST;
    plug_all(scene);
    settle(scene);
    unplug_all(scene);
    settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
}

/* Where there is no _OST, silence is all that a guest can say. */
static void play_decline(Scene *scene)
{
    const bool heard = scene->guest.board->ost;

    scene->habit = DECLINES;
    plug_all(scene);
    settle(scene);
    unplug_all(scene);
    settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, heard ? HOTPLUG_DECLINED : HOTPLUG_TIMED_OUT, 1);
    scene->habit = EJECTS;
    unplug_all(scene);
    settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
}

/* Answers to what was not asked, or not yet read, end nothing. */
static void play_wrong_answers(Scene *scene)
{
    static const uint32_t statuses[] = { 0, 1, 0x80, 0x82, 0x84, 0xff };

    plug_all(scene);
    for (unsigned i = 0; i < COUNT_OF(statuses); i++) {
        for (unsigned bus = 0; bus < BUSES; bus++) {
            say(scene, &scene->slots[bus], ACPI_OST_EJECTION_REQUEST,
                statuses[i]);
            say(scene, &scene->slots[bus], ACPI_OST_DEVICE_CHECK, statuses[i]);
        }
    }
    settle(scene);
    assert_present(scene, 1);
    unplug_all(scene);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        say(scene, &scene->slots[bus], ACPI_OST_DEVICE_CHECK, 0x82);
    }
    settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
}

static void test_answers(void **state)
{
    on_each_board(play_in_progress, true);
    on_each_board(play_success_first, true);
    on_each_board(play_decline, true);
    on_each_board(play_wrong_answers, true);
}

/* ---- guests that don't listen ------------------------------------------- */

/* An hour is nothing to a request that cannot have been heard of. */
static void play_masked(Scene *scene)
{
    plug_all(scene);
    settle(scene);
    set_listening(scene, false);
    unplug_all(scene);
    acpi_host_pass_time(&scene->host, 60 * MINUTE);
    run(scene);
    assert_int_equal(told(scene), BUSES);
    assert_ended(scene, HOTPLUG_TIMED_OUT, 0);
    set_listening(scene, true);
    settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
    assert_int_equal(told(scene), 2 * BUSES);
}

/* Masked after the signal and before the guest's method has run. */
static void play_masked_with_one_pending(Scene *scene)
{
    plug_all(scene);
    set_listening(scene, false);
    acpi_host_pass_time(&scene->host, 60 * MINUTE);
    run(scene);
    set_listening(scene, true);
    settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, HOTPLUG_COMPLETED, 1);
}

/* Told and silent: signalled again with growing distance, and timed out. */
static void play_silent(Scene *scene)
{
    unsigned before;

    plug_all(scene);
    settle(scene);
    before = told(scene);
    scene->habit = IGNORES;
    unplug_all(scene);
    settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, HOTPLUG_TIMED_OUT, 1);
    assert_in_range(told(scene) - before, BUSES, 10 * BUSES);
}

static void test_deaf_guests(void **state)
{
    on_each_board(play_masked, true);
    on_each_board(play_masked_with_one_pending, true);
    on_each_board(play_silent, true);
}

/* Requests were made before the guest had enabled its first event. */
static void play_late_start(Scene *scene)
{
    plug_all(scene);
    acpi_host_pass_time(&scene->host, 10 * MINUTE);
    run(scene);
    unplug_all(scene);
    plug_all(scene);
    acpi_host_pass_time(&scene->host, 10 * MINUTE);
    run(scene);
    assert_int_equal(told(scene), 0);
    bench_enable_events(scene->guest.bench);
    settle(scene);
    assert_ended(scene, HOTPLUG_TIMED_OUT, 0);
    assert_true(told(scene) <= 2 * BUSES);
}

/* The event was pending and masked when the machine was reset. */
static void play_reset(Scene *scene)
{
    plug_all(scene);
    settle(scene);
    set_listening(scene, false);
    unplug_all(scene);
    acpi_host_restart(&scene->host, HOTPLUG_RESTART_COLD);
    assert_present(scene, 0);
    plug_all(scene);
    set_listening(scene, true);
    settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, HOTPLUG_COMPLETED, 3);
}

static void test_late_tables(void **state)
{
    on_each_board(play_late_start, false);
    on_each_board(play_reset, true);
}

/* ---- anything ----------------------------------------------------------- */

static void walk_step(Scene *scene, Choices *choices)
{
    AcpiHostSlot *slot = &scene->slots[choose(choices, BUSES)];

    switch (choose(choices, 8)) {
    case 0:
        acpi_host_plug(&scene->host, slot, 1);
        break;
    case 1:
        acpi_host_unplug(&scene->host, slot);
        break;
    case 2:
        scene->habit = choose(choices, HABITS);
        break;
    case 3:
        set_listening(scene, choose(choices, 4));
        break;
    case 4:
        acpi_host_pass_time(&scene->host, choose(choices, 4) * 400);
        break;
    case 5:
        run(scene);
        break;
    default:
        bench_step(scene->guest.bench);
        break;
    }
}

static void test_walks(void **state)
{
    Random random;
    Choices choices = { .random = &random };

    random_start(&random, "test-pci-request-aml");
    for (unsigned i = 0; i < WALKS * COUNT_OF(boards); i++) {
        Scene scene;

        start(&scene, &boards[i % COUNT_OF(boards)], true);
        for (unsigned step = 0; step < STEPS && !scene.host.broken; step++) {
            walk_step(&scene, &choices);
        }
        scene.habit = EJECTS;
        set_listening(&scene, true);
        settle(&scene);
        end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_storms, bench_teardown),
        cmocka_unit_test_teardown(test_ejects, bench_teardown),
        cmocka_unit_test_teardown(test_answers, bench_teardown),
        cmocka_unit_test_teardown(test_deaf_guests, bench_teardown),
        cmocka_unit_test_teardown(test_late_tables, bench_teardown),
        cmocka_unit_test_teardown(test_walks, bench_teardown),
    };

    return cmocka_run_group_tests_name("ACPI hotplug requests, by AML", tests,
                                       NULL, NULL);
}
