/*
 * Test of hotplug requests with the guest's AML between host and guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever the guest does (request-scene.h), each request ends once (the rules
 * of request-watch.h), and what it is told of does not grow with the storm.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "choices.h"
#include "model/acpi-ost.h"
#include "request-scene.h"

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

typedef void Play(Scene *scene);

static void on_each_board(Play *play, bool listening)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        Scene scene;

        scene_start(&scene, &boards[i], listening);
        play(&scene);
        scene_end(&scene);
    }
}

/* ---- storms ------------------------------------------------------------- */

/* One notification each, whatever came together. */
static void play_storm(Scene *scene)
{
    for (unsigned round = 1; round <= 20; round++) {
        scene_plug_all(scene);
        scene_settle(scene);
        assert_present(scene, 1);
        scene_unplug_all(scene);
        scene_settle(scene);
        assert_present(scene, 0);
        assert_ended(scene, HOTPLUG_COMPLETED, 2 * round);
        assert_int_equal(scene_told(scene), 2 * round * BUSES);
    }
}

/* The opposite at once, again and again, before the guest has run. */
static void play_opposites(Scene *scene)
{
    for (unsigned round = 0; round < 100; round++) {
        scene_plug_all(scene);
        scene_unplug_all(scene);
    }
    assert_int_equal(scene_told(scene), 0);
    scene_settle(scene);
    assert_present(scene, 0);
    assert_true(scene_told(scene) <= 2 * BUSES);
}

/* A storm of unplugs of one device is one request. */
static void play_repeated(Scene *scene)
{
    unsigned before;

    scene_plug_all(scene);
    scene_settle(scene);
    before = scene_told(scene);
    for (unsigned round = 0; round < 100; round++) {
        scene_unplug_all(scene);
    }
    scene_settle(scene);
    assert_present(scene, 0);
    assert_int_equal(scene_told(scene) - before, BUSES);
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
        scene_plug_all(scene);
        scene_settle(scene);
        scene_unplug_all(scene);
        scene_settle(scene);
        assert_present(scene, 0);
        assert_ended(scene, HOTPLUG_COMPLETED, 2 * round);
    }
}

/* The second eject comes when there is another device in the slot. */
static void play_eject_of_the_next(Scene *scene)
{
    scene->habit = IGNORES;
    scene_plug_all(scene);
    scene_settle(scene);
    scene_unplug_all(scene);
    acpi_host_pass_time(&scene->host, scene_timing.again);
    scene_run(scene);
    acpi_host_pass_time(&scene->host, scene_timing.again * 2);
    scene_run(scene);
    assert_true(scene_told(scene) >= 2 * BUSES);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        AcpiHostSlot *slot = &scene->slots[bus];

        scene_eject(scene, slot);
        assert_int_equal(slot->present, 0);
        acpi_host_plug(&scene->host, slot, 1);
        if (scene_told(scene) > 2 * BUSES) {
            scene_eject(scene, slot);
        }
        assert_int_equal(slot->present, 1);
    }
    scene_settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, HOTPLUG_COMPLETED, 3);
}

/* Nobody asked: the guest gives its devices back by itself. */
static void play_own_ejects(Scene *scene)
{
    scene_plug_all(scene);
    scene_settle(scene);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        scene_eject(scene, &scene->slots[bus]);
    }
    assert_present(scene, 0);
    scene_settle(scene);
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
    scene_plug_all(scene);
    scene_settle(scene);
    scene_unplug_all(scene);
    scene_settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
}

/* Success without an eject ends nothing; the eject that follows does. */
static void play_success_first(Scene *scene)
{
    scene->habit = SAYS_SUCCESS_FIRST;
    scene_plug_all(scene);
    scene_settle(scene);
    scene_unplug_all(scene);
    scene_settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
}

/* Where there is no _OST, silence is all that a guest can say. */
static void play_decline(Scene *scene)
{
    const bool heard = scene->guest.board->ost;

    scene->habit = DECLINES;
    scene_plug_all(scene);
    scene_settle(scene);
    scene_unplug_all(scene);
    scene_settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, heard ? HOTPLUG_DECLINED : HOTPLUG_TIMED_OUT, 1);
    scene->habit = EJECTS;
    scene_unplug_all(scene);
    scene_settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
}

/* Answers to what was not asked, or not yet read, end nothing. */
static void play_wrong_answers(Scene *scene)
{
    static const uint32_t statuses[] = { 0, 1, 0x80, 0x82, 0x84, 0xff };

    scene_plug_all(scene);
    for (unsigned i = 0; i < COUNT_OF(statuses); i++) {
        for (unsigned bus = 0; bus < BUSES; bus++) {
            scene_say(scene, &scene->slots[bus], ACPI_OST_EJECTION_REQUEST,
                      statuses[i]);
            scene_say(scene, &scene->slots[bus], ACPI_OST_DEVICE_CHECK,
                      statuses[i]);
        }
    }
    scene_settle(scene);
    assert_present(scene, 1);
    scene_unplug_all(scene);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        scene_say(scene, &scene->slots[bus], ACPI_OST_DEVICE_CHECK, 0x82);
    }
    scene_settle(scene);
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
    scene_plug_all(scene);
    scene_settle(scene);
    scene_listen(scene, false);
    scene_unplug_all(scene);
    acpi_host_pass_time(&scene->host, 60 * MINUTE);
    scene_run(scene);
    assert_int_equal(scene_told(scene), BUSES);
    assert_ended(scene, HOTPLUG_TIMED_OUT, 0);
    scene_listen(scene, true);
    scene_settle(scene);
    assert_present(scene, 0);
    assert_ended(scene, HOTPLUG_COMPLETED, 2);
    assert_int_equal(scene_told(scene), 2 * BUSES);
}

/* Masked after the signal and before the guest's method has run. */
static void play_masked_with_one_pending(Scene *scene)
{
    scene_plug_all(scene);
    scene_listen(scene, false);
    acpi_host_pass_time(&scene->host, 60 * MINUTE);
    scene_run(scene);
    scene_listen(scene, true);
    scene_settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, HOTPLUG_COMPLETED, 1);
}

/* Told and silent: signalled again with growing distance, and timed out. */
static void play_silent(Scene *scene)
{
    unsigned before;

    scene_plug_all(scene);
    scene_settle(scene);
    before = scene_told(scene);
    scene->habit = IGNORES;
    scene_unplug_all(scene);
    scene_settle(scene);
    assert_present(scene, 1);
    assert_ended(scene, HOTPLUG_TIMED_OUT, 1);
    assert_in_range(scene_told(scene) - before, BUSES, 10 * BUSES);
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
    scene_plug_all(scene);
    acpi_host_pass_time(&scene->host, 10 * MINUTE);
    scene_run(scene);
    scene_unplug_all(scene);
    scene_plug_all(scene);
    acpi_host_pass_time(&scene->host, 10 * MINUTE);
    scene_run(scene);
    assert_int_equal(scene_told(scene), 0);
    bench_enable_events(scene->guest.bench);
    scene_settle(scene);
    assert_ended(scene, HOTPLUG_TIMED_OUT, 0);
    assert_true(scene_told(scene) <= 2 * BUSES);
}

/* The event was pending and masked when the machine was reset. */
static void play_reset(Scene *scene)
{
    scene_plug_all(scene);
    scene_settle(scene);
    scene_listen(scene, false);
    scene_unplug_all(scene);
    acpi_host_restart(&scene->host, HOTPLUG_RESTART_COLD);
    assert_present(scene, 0);
    scene_plug_all(scene);
    scene_listen(scene, true);
    scene_settle(scene);
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
        scene_listen(scene, choose(choices, 4));
        break;
    case 4:
        acpi_host_pass_time(&scene->host, choose(choices, 4) * 400);
        break;
    case 5:
        scene_run(scene);
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

        scene_start(&scene, &boards[i % COUNT_OF(boards)], true);
        for (unsigned step = 0; step < STEPS && !scene.host.broken; step++) {
            walk_step(&scene, &choices);
        }
        scene.habit = EJECTS;
        scene_listen(&scene, true);
        scene_settle(&scene);
        scene_end(&scene);
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
