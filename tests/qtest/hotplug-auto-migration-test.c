/*
 * QTest of hotplug mode auto: migration
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The choice comes along, of each host bridge, and so does what is open by
 * either method.  Both sides must have the same mode.
 */

#include "qemu/osdep.h"
#include "hotplug-path-steps.h"

#define AUTO   "-machine pc-q35-10.0,pci-hotplug=auto "
#define OURS   "-machine pc-q35-10.0-hotplug,pci-hotplug=%s "
#define COLD   "-device " PATH_DEVICE ",id=cold,bus=port1 "
#define HOT    "-device " PATH_DEVICE ",id=hot,bus=port0 "

/* A temporary image, to keep a snapshot in. */
#define DISK   "-drive if=none,id=disk,file=null-co://,format=raw,snapshot=on "

#define POLL_MICROSECONDS  10000
#define POLLS              5000

/* Until a command's status is @status, or with NULL any that is final. */
static char *wait_for(QTestState *qts, const char *command, const char *status)
{
    for (int i = 0; i < POLLS; i++) {
        QDict *reply = qtest_qmp_assert_success_ref(qts, "{'execute': %s}",
                                                    command);
        g_autofree char *now = g_strdup(qdict_get_try_str(reply, "status"));

        qobject_unref(reply);
        if (status ? g_strcmp0(now, status) == 0
                   : g_strcmp0(now, "completed") == 0 ||
                     g_strcmp0(now, "failed") == 0) {
            return g_steal_pointer(&now);
        }
        g_usleep(POLL_MICROSECONDS);
    }
    g_error("%s did not say '%s'", command, status ?: "how it ended");
}

static void send_guest(Hotplug *source, const char *uri)
{
    g_autofree char *end = NULL;

    qtest_qmp_assert_success(source->qts, "{'execute': 'migrate', "
                             "'arguments': {'uri': %s}}", uri);
    end = wait_for(source->qts, "query-migrate", NULL);
    g_assert_cmpstr(end, ==, "completed");
}

/* A file, so that either side can be looked at by itself. */
static char *stream_uri(char **folder)
{
    *folder = g_dir_make_tmp("hotplug-XXXXXX", NULL);
    return g_strdup_printf("file:%s/stream", *folder);
}

static void remove_stream(const char *folder, const char *uri)
{
    g_assert_cmpint(unlink(uri + strlen("file:")), ==, 0);
    g_assert_cmpint(rmdir(folder), ==, 0);
}

/* Moves the guest to a new process with these devices. */
static Hotplug *migrate(Hotplug *source, const char *arguments)
{
    g_autofree char *folder = NULL;
    g_autofree char *uri = stream_uri(&folder);
    g_autofree char *all = g_strdup_printf("%s -incoming defer", arguments);
    g_autofree char *state = NULL;
    Hotplug *destination = hotplug_start_with(&hotplug_q35, "%s", all);

    hotplug_watch_sci(destination);
    send_guest(source, uri);
    qtest_qmp_assert_success(destination->qts, "{'execute': "
                             "'migrate-incoming', 'arguments': {'uri': %s}}",
                             uri);
    state = wait_for(destination->qts, "query-status", "running");
    remove_stream(folder, uri);
    return destination;
}

/* ---- the choice -------------------------------------------------------- */

static const struct {
    PathGuest guest;
    const char *method;
    const char *negotiated;
    const char *evidence;
} choices[] = {
    { PATH_SILENT, "acpi", NULL, "unknown" },
    { PATH_EVENT, "acpi", "acpi", "inferred" },
    { PATH_SLOTS, "native", "native", "inferred" },
    { PATH_WITHOUT, "acpi", "acpi", "committed" },
    { PATH_NATIVE, "native", "native", "committed" },
};

static void test_choice(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
        g_autoptr(Hotplug) source = path_start(AUTO PATH_EXPANDER);
        g_autoptr(Hotplug) h = NULL;

        path_prepare(source, choices[i].guest);
        modes_report(source, EXPANDER_BUS, HOTPLUG_OSC_NATIVE, false);
        h = migrate(source, AUTO PATH_EXPANDER);
        modes_assert_slot(h, "port0", "auto", choices[i].method,
                          choices[i].negotiated, choices[i].evidence);
        modes_assert_slot(h, "far", "auto", "native", "native", "committed");
        hotplug_reset(h);
        modes_assert_slot(h, "port0", "auto", "acpi", NULL, "unknown");
    }
}

/* ---- what is open ------------------------------------------------------ */

static HotplugMethod method_of(PathGuest guest)
{
    return guest == PATH_NATIVE || guest == PATH_SLOTS
           ? HOTPLUG_METHOD_NATIVE : HOTPLUG_METHOD_ACPI;
}

static void check_open(PathGuest guest)
{
    HotplugMethod method = method_of(guest);
    g_autoptr(Hotplug) source = path_start(AUTO COLD);
    g_autoptr(Hotplug) h = NULL;

    path_prepare(source, guest);
    hotplug_plug(source, PATH_DEVICE, "hot", &source->board->place[0]);
    hotplug_request_unplug(source, "cold");
    h = migrate(source, AUTO COLD HOT);

    path_expect_registers(h, 0, method, PATH_PLUG);
    path_expect_registers(h, 1, method, PATH_UNPLUG);
    path_take(h, 0, method);
    path_give_back(h, 1, method);
    hotplug_expect_deleted(h, "cold");
    g_assert_true(hotplug_has_device(h, "hot"));
    g_assert_true(path_is_visible(h, 0, 0));
    modes_clear_slot_events(h, 0, PORT0_DEVFN);
    modes_clear_slot_events(h, 0, PORT1_DEVFN);
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    path_expect_quiet(h);
    hotplug_plug(h, PATH_DEVICE, "next", &h->board->place[1]);
    path_expect(h, 1, method, PATH_PLUG);
}

static void test_open(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
        check_open(choices[i].guest);
    }
}

/* An unplug that ACPI has goes on by the slot, if that is chosen there. */
static void test_move_afterwards(void)
{
    g_autoptr(Hotplug) source = path_start(AUTO COLD);
    g_autoptr(Hotplug) h = NULL;

    path_prepare(source, PATH_EVENT);
    hotplug_request_unplug(source, "cold");
    h = migrate(source, AUTO COLD);
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    path_expect(h, 1, HOTPLUG_METHOD_NATIVE, PATH_UNPLUG);
    path_give_back(h, 1, HOTPLUG_METHOD_NATIVE);
    hotplug_expect_deleted(h, "cold");
}

/* A plug that the guest found there is not told of again here. */
static void test_plug_by_slot_then_acpi(void)
{
    g_autoptr(Hotplug) source = path_start(AUTO);
    g_autoptr(Hotplug) h = NULL;

    path_prepare(source, PATH_SLOTS);
    hotplug_plug(source, PATH_DEVICE, "hot", &source->board->place[0]);
    h = migrate(source, AUTO HOT);
    modes_report(h, 0, 0, false);
    path_expect(h, 0, HOTPLUG_METHOD_ACPI, PATH_PLUG);
    g_assert_true(path_is_visible(h, 0, 0));
}

/* ---- another mode on the other side ------------------------------------ */

/* What QEMU says on its standard error when it refuses a stream. */
static char *refused_stream(const char *arguments, const char *uri)
{
    g_autofree char *all = g_strdup_printf(
        "%s %s -incoming %s", hotplug_q35.buses, arguments, uri);

    return modes_refused_start(all);
}

static void check_mismatch(const char *from, const char *to)
{
    g_autofree char *folder = NULL;
    g_autofree char *uri = stream_uri(&folder);
    g_autofree char *text = NULL;
    g_autoptr(Hotplug) source = path_start(from);

    send_guest(source, uri);
    text = refused_stream(to, uri);
    hotplug_assert_names(text, "pci_hotplug_negotiation", NULL);
    if (strstr(to, "hotplug,")) {
        hotplug_assert_names(text, "start both sides with the same "
                             "pci-hotplug", NULL);
    }
    remove_stream(folder, uri);
}

/* Our machine type always says which mode it has; others only with auto. */
static void test_mismatch(void)
{
    static const char *const modes[] = { "acpi", "native", "auto", "none" };

    for (size_t from = 0; from < ARRAY_SIZE(modes); from++) {
        for (size_t to = 0; to < ARRAY_SIZE(modes); to++) {
            g_autofree char *ours = g_strdup_printf(OURS, modes[from]);
            g_autofree char *theirs = g_strdup_printf(OURS, modes[to]);

            if (from != to) {
                check_mismatch(ours, theirs);
            }
        }
    }
}

static void test_mismatch_of_stock_types(void)
{
    check_mismatch(AUTO, "-machine pc-q35-10.0,pci-hotplug=acpi ");
    check_mismatch(AUTO, "-machine pc-q35-10.0,pci-hotplug=native ");
    check_mismatch(AUTO, "-machine pc-q35-10.0,pci-hotplug=none ");
}

/* ---- snapshots --------------------------------------------------------- */

static void snapshot(Hotplug *h, const char *command)
{
    g_autofree char *text = qtest_hmp(h->qts, "%s before", command);

    g_assert_cmpstr(text, ==, "");
}

/* A snapshot brings back the choice of the time at which it was made. */
static void test_snapshot(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO COLD DISK);

    path_prepare(h, PATH_WITHOUT);
    hotplug_request_unplug(h, "cold");
    snapshot(h, "savevm");
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    path_expect_registers(h, 1, HOTPLUG_METHOD_NATIVE, PATH_UNPLUG);
    snapshot(h, "loadvm");
    modes_assert_slot(h, "port1", "auto", "acpi", "acpi", "committed");
    path_expect_registers(h, 1, HOTPLUG_METHOD_ACPI, PATH_UNPLUG);
    path_give_back(h, 1, HOTPLUG_METHOD_ACPI);
    hotplug_expect_deleted(h, "cold");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/hotplug-auto-migration/choice", test_choice);
    qtest_add_func("/hotplug-auto-migration/open", test_open);
    qtest_add_func("/hotplug-auto-migration/move-afterwards",
                   test_move_afterwards);
    qtest_add_func("/hotplug-auto-migration/plug-then-acpi",
                   test_plug_by_slot_then_acpi);
    qtest_add_func("/hotplug-auto-migration/mismatch/ours", test_mismatch);
    qtest_add_func("/hotplug-auto-migration/mismatch/stock-types",
                   test_mismatch_of_stock_types);
    qtest_add_func("/hotplug-auto-migration/snapshot", test_snapshot);

    return g_test_run();
}
