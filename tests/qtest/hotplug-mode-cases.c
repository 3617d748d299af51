/*
 * What every hotplug mode is put through
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hotplug-mode-cases.h"

#define COLD     "-device " PATH_DEVICE ",id=cold,bus=port1 "
#define SHUT     "-device pcie-root-port,id=shut,hotplug=off,chassis=7 " \
                 "-device " PATH_DEVICE ",id=caught,bus=shut "
#define SWITCH   "-device x3130-upstream,id=up,bus=port0 "

/* Of what stock's QEMU has none. */
static bool skip_on_stock(void)
{
    if (!hotplug_is_fork()) {
        g_test_skip("this QEMU has no hotplug modes");
        return true;
    }
    return false;
}

static Hotplug *start(const ModeUnderTest *mode, const char *more)
{
    g_autofree char *arguments = g_strdup_printf("%s %s", mode->arguments,
                                                 more);
    Hotplug *h = path_start(arguments);

    path_prepare(h, mode->guest);
    path_expect_quiet(h);
    return h;
}

static bool serves(const ModeUnderTest *mode)
{
    return mode->method != HOTPLUG_METHOD_NONE;
}

static void expect(Hotplug *h, const ModeUnderTest *mode, PathRequest request)
{
    path_expect(h, 1, mode->method, request);
}

/* ---- plug and unplug --------------------------------------------------- */

static void refuse_plug(Hotplug *h, const char *bus)
{
    g_autofree char *text = hotplug_refused_plug(h, PATH_DEVICE, "dev", bus);

    hotplug_assert_names(text, PATH_DEVICE, bus, "pci-hotplug=none", NULL);
    g_assert_false(hotplug_has_device(h, "dev"));
    path_expect_quiet(h);
}

static void refuse_unplug(Hotplug *h, const char *id)
{
    g_autofree char *text = hotplug_refused_unplug(h, id);

    hotplug_assert_names(text, id, NULL);
    g_assert_true(hotplug_has_device(h, id));
    path_expect_quiet(h);
}

static void test_plug(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autoptr(Hotplug) h = start(mode, "");

    if (!serves(mode)) {
        refuse_plug(h, "port1");
        return;
    }
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    expect(h, mode, PATH_PLUG);
    path_take(h, 1, mode->method);
    g_assert_true(path_is_visible(h, 1, 0));
    g_assert_true(modes_slot_status(h, 0, PORT1_DEVFN) & PCIE_SLOT_PRESENT ||
                  strcmp(mode->mode, "acpi") == 0);
    path_expect_quiet(h);
}

static void unplug(Hotplug *h, const ModeUnderTest *mode, const char *id)
{
    hotplug_request_unplug(h, id);
    expect(h, mode, PATH_UNPLUG);
    g_assert_true(hotplug_has_device(h, id));
    path_give_back(h, 1, mode->method);
    hotplug_expect_deleted(h, id);
    modes_clear_slot_events(h, 0, PORT1_DEVFN);
    path_expect_quiet(h);
    g_assert_false(path_is_visible(h, 1, 0));
}

/* Three times: what a round leaves behind does not disturb the next. */
static void test_unplug(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autoptr(Hotplug) h = start(mode, "");

    for (int round = 0; round < 3; round++) {
        hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
        expect(h, mode, PATH_PLUG);
        path_take(h, 1, mode->method);
        unplug(h, mode, "dev");
    }
}

static void test_unplug_cold(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autoptr(Hotplug) h = start(mode, COLD);

    g_assert_true(path_is_visible(h, 1, 0));
    if (serves(mode)) {
        unplug(h, mode, "cold");
    } else {
        refuse_unplug(h, "cold");
        g_assert_true(path_is_visible(h, 1, 0));
    }
}

/* A slot is one request, whichever function is named. */
static void test_functions(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autoptr(Hotplug) h = start(mode, "");

    path_plug_functions(h, 1);
    expect(h, mode, PATH_PLUG);
    path_take(h, 1, mode->method);
    for (uint8_t function = 0; function < 3; function++) {
        g_assert_true(path_is_visible(h, 1, function));
    }
    hotplug_request_unplug(h, "two");
    expect(h, mode, PATH_UNPLUG);
    path_give_back(h, 1, mode->method);
    hotplug_expect_deleted(h, "two");
    g_assert_false(hotplug_has_device(h, "zero"));
    g_assert_false(hotplug_has_device(h, "one"));
    modes_clear_slot_events(h, 0, PORT1_DEVFN);
    path_expect_quiet(h);
}

/* ---- reset with an open request ---------------------------------------- */

static void reset(Hotplug *h)
{
    hotplug_reset(h);
    hotplug_map_gpe(h);
}

/* The guest's new boot finds the device; ACPI also keeps the insertion. */
static void test_reset_plug(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autoptr(Hotplug) h = start(mode, serves(mode) ? "" : COLD);

    if (serves(mode)) {
        hotplug_plug(h, PATH_DEVICE, "cold", &h->board->place[1]);
    }
    reset(h);
    g_assert_true(hotplug_has_device(h, "cold"));
    g_assert_true(path_is_visible(h, 1, 0));
    path_expect_registers(h, 1, mode->method,
                          mode->method == HOTPLUG_METHOD_ACPI ? PATH_PLUG
                                                              : PATH_NOTHING);
    path_expect_quiet(h);
}

static void test_reset_unplug(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autoptr(Hotplug) h = start(mode, COLD);

    hotplug_request_unplug(h, "cold");
    reset(h);
    /* by ACPI a reset carries out what was asked; a slot forgets it */
    if (mode->method == HOTPLUG_METHOD_ACPI) {
        hotplug_expect_deleted(h, "cold");
    } else {
        g_assert_true(hotplug_has_device(h, "cold"));
    }
    path_expect_quiet(h);
}

/* ---- requests that are refused ----------------------------------------- */

static void expect_refused(Hotplug *h, const char *bus, const char *what,
                           const char *why)
{
    g_autofree char *text = hotplug_refused_plug(h, PATH_DEVICE, "dev", bus);

    hotplug_assert_names(text, what, why, NULL);
    g_assert_false(hotplug_has_device(h, "dev"));
    path_expect_quiet(h);
}

static void test_refused(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autofree char *machine = g_strdup_printf("pci-hotplug=%s", mode->mode);
    g_autofree char *unknown = NULL;
    g_autoptr(Hotplug) h = start(mode, SHUT COLD);

    expect_refused(h, "pcie.0", "'pcie.0'", machine);
    expect_refused(h, "shut", "'shut'",
                   serves(mode) ? "hotplug=off" : machine);
    expect_refused(h, "port1", PATH_DEVICE,
                   serves(mode) ? "already occupied" : machine);
    expect_refused(h, "nowhere", "'nowhere'", "not found");
    refuse_unplug(h, "caught");
    unknown = hotplug_refused_unplug(h, "nothing");
    hotplug_assert_names(unknown, "nothing", NULL);
    path_expect_quiet(h);
}

/* ---- a port that comes while the machine is running -------------------- */

static const HotplugPlace on_switch = { "up", NULL, 0 };
static const HotplugPlace in_late_port = { "late", NULL, 0 };

static void test_late_port(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autofree char *text = NULL;
    g_autoptr(Hotplug) h = start(mode, SWITCH);

    if (mode->late == MODE_LATE_PORT_REFUSED) {
        text = hotplug_refused_plug(h, "xio3130-downstream", "late", "up");
        hotplug_assert_names(text, "xio3130-downstream", "'up'",
                             "pci-hotplug=", mode->mode, NULL);
        return;
    }
    hotplug_plug_function(h, "xio3130-downstream", "late", &on_switch, 0,
                          ",'chassis': 60");
    if (mode->late == MODE_LATE_PORT_WORKS) {
        hotplug_plug(h, PATH_DEVICE, "dev", &in_late_port);
        g_assert_true(hotplug_has_device(h, "dev"));
        return;
    }
    text = hotplug_refused_plug(h, PATH_DEVICE, "dev", "late");
    hotplug_assert_names(text, "'late'", "came while the machine was running",
                         "pci-hotplug=", mode->mode, NULL);
    g_assert_false(hotplug_has_device(h, "dev"));
}

/* ---- the query --------------------------------------------------------- */

static void test_query(const void *opaque)
{
    const ModeUnderTest *mode = opaque;
    g_autoptr(Hotplug) h = start(mode, COLD);

    for (int port = 0; port < 2; port++) {
        const char *bus = h->board->place[port].bus;
        QDict *slot = modes_query_slot(h, bus, 0);

        modes_assert_slot(h, bus, mode->mode,
                          path_method_name(mode->method), mode->negotiated,
                          mode->evidence);
        g_assert_cmpint(qdict_get_bool(slot, "hot-plug-capable"), ==,
                        mode->capable);
        g_assert_cmpint(qlist_size(qdict_get_qlist(slot, "devices")), ==,
                        port == 1);
        qobject_unref(slot);
    }
    path_expect_quiet(h);
}

/*
 * Step: one of the list
 *
 * @everywhere: also where no request is served
 */
typedef struct Step {
    const char *name;
    GTestDataFunc test;
    bool everywhere;
} Step;

/* A step of a mode; owned by the test. */
typedef struct Case {
    const Step *step;
    const ModeUnderTest *mode;
} Case;

static void run_case(const void *opaque)
{
    const Case *it = opaque;

    if (!skip_on_stock()) {
        it->step->test(it->mode);
    }
}

void mode_add_cases(const ModeUnderTest *mode)
{
    static const Step steps[] = {
        { "plug", test_plug, true },
        { "unplug", test_unplug, false },
        { "unplug-cold", test_unplug_cold, true },
        { "functions", test_functions, false },
        { "reset/plug", test_reset_plug, true },
        { "reset/unplug", test_reset_unplug, false },
        { "refused", test_refused, true },
        { "late-port", test_late_port, true },
        { "query", test_query, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        g_autofree char *path = g_strdup_printf("/%s/%s", mode->name,
                                                steps[i].name);

        if (steps[i].everywhere || serves(mode)) {
            Case *it = g_new(Case, 1);

            *it = (Case) { .step = &steps[i], .mode = mode };
            qtest_add_data_func_full(path, it, run_case, g_free);
        }
    }
}
