/*
 * Steps that the qtests of PCI hotplug share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "qemu/timer.h"
#include "qobject/qdict.h"

#define CONFIG_ADDRESS    0x0cf8
#define CONFIG_DATA       0x0cfc

/* ICH9's LPC bridge: where firmware maps the power management registers. */
#define LPC_DEVFN         (0x1f << 3)
#define LPC_PM_BASE       0x40
#define LPC_ACPI_CONTROL  0x44
#define LPC_ACPI_ENABLE   0x80
#define PM_BASE           0x0600

#define SCI_PIN           9

/* How long an event is waited for: 50 seconds. */
#define POLL_MICROSECONDS 10000
#define POLLS             5000

const HotplugBoard hotplug_q35 = {
    .name = "q35",
    .machine = "pc-q35-10.0",
    .controller = "ICH9-LPC",
    .buses = "-device pcie-root-port,id=port0,chassis=1,addr=4 "
             "-device pcie-root-port,id=port1,chassis=2,addr=5",
    .registers = 0x0cc0,
    .extension = 0x0cb0,
    .gpe = PM_BASE + 0x20,
    .gpe_length = 16,
    .place = {
        { "port0", "/machine/peripheral/port0/port0", 0 },
        { "port1", "/machine/peripheral/port1/port1", 0 },
    },
};

const HotplugBoard hotplug_i440fx = {
    .name = "i440fx",
    .machine = "pc-i440fx-10.0",
    .controller = "PIIX4_PM",
    .buses = "-device pci-bridge,id=bridge0,chassis_nr=1,addr=4",
    .registers = 0xae00,
    .extension = 0xae18,
    .gpe = 0xafe0,
    .gpe_length = 4,
    .place = {
        { "pci.0", "/machine/i440fx/pci.0", 6 },
        { "bridge0", "/machine/peripheral/bridge0/bridge0", 7 },
    },
};

static void add_test_of_board(const char *name, const HotplugBoard *board,
                              GTestDataFunc test)
{
    g_autofree char *path = g_strdup_printf("/%s/%s", name, board->name);

    qtest_add_data_func(path, board, test);
}

void hotplug_add_test(const char *name, GTestDataFunc test)
{
    add_test_of_board(name, &hotplug_q35, test);
    add_test_of_board(name, &hotplug_i440fx, test);
}

bool hotplug_is_fork(void)
{
    return qtest_has_machine("pc-q35-10.0-hotplug");
}

static Hotplug * G_GNUC_PRINTF(3, 0)
start(const HotplugBoard *board, const char *buses, const char *format,
      va_list arguments)
{
    g_autofree char *more = g_strdup_vprintf(format, arguments);
    Hotplug *h = g_new0(Hotplug, 1);

    h->board = board;
    /* a -machine among the arguments comes later and wins */
    h->qts = qtest_initf("-machine %s%s -nodefaults -m 32 %s %s",
                         board->machine,
                         hotplug_is_fork() ? HOTPLUG_REGISTERS_ALONE : "",
                         buses, more);
    /* at time 0 QEMU takes the time at which a request lapses for none */
    qtest_clock_step(h->qts, NANOSECONDS_PER_SECOND);
    return h;
}

Hotplug *hotplug_start(const HotplugBoard *board)
{
    return hotplug_start_with(board, "%s", "");
}

Hotplug *hotplug_start_with(const HotplugBoard *board, const char *format, ...)
{
    va_list arguments;
    Hotplug *h;

    va_start(arguments, format);
    h = start(board, board->buses, format, arguments);
    va_end(arguments);
    return h;
}

Hotplug *hotplug_start_bare(const HotplugBoard *board, const char *format, ...)
{
    va_list arguments;
    Hotplug *h;

    va_start(arguments, format);
    h = start(board, "", format, arguments);
    va_end(arguments);
    return h;
}

Hotplug *hotplug_start_crowded(void)
{
    g_autoptr(GString) bridges = g_string_new("");

    for (int outer = 2; outer < 11; outer++) {
        g_string_append_printf(bridges, "-device pci-bridge,id=b%d,addr=%x,"
                               "chassis_nr=%d ", outer, outer, outer);
        for (int inner = 1; inner < 31; inner++) {
            g_string_append_printf(bridges, "-device pci-bridge,id=b%d-%d,"
                                   "bus=b%d,addr=%x,chassis_nr=99 ",
                                   outer, inner, outer, inner);
        }
    }
    return hotplug_start_bare(&hotplug_i440fx, "%s", bridges->str);
}

void hotplug_stop(Hotplug *h)
{
    qtest_quit(h->qts);
    g_free(h);
}

/* ---- the guest's side -------------------------------------------------- */

uint32_t hotplug_read(Hotplug *h, AcpiSlotsRegister reg)
{
    return qtest_inl(h->qts, h->board->registers + reg);
}

void hotplug_write(Hotplug *h, AcpiSlotsRegister reg, uint32_t value)
{
    qtest_outl(h->qts, h->board->registers + reg, value);
}

static void select_bus(Hotplug *h, const HotplugPlace *place)
{
    int bsel = hotplug_bsel(h, place->bus_path);

    g_assert_cmpint(bsel, >=, 0);
    hotplug_write(h, ACPI_SLOTS_SEL, bsel);
}

uint32_t hotplug_read_at(Hotplug *h, const HotplugPlace *place,
                         AcpiSlotsRegister reg)
{
    select_bus(h, place);
    return hotplug_read(h, reg);
}

void hotplug_eject(Hotplug *h, const HotplugPlace *place)
{
    select_bus(h, place);
    hotplug_write(h, ACPI_SLOTS_EJ, hotplug_slot_bit(place));
}

uint32_t hotplug_slot_bit(const HotplugPlace *place)
{
    return UINT32_C(1) << place->slot;
}

void hotplug_map_gpe(Hotplug *h)
{
    if (h->board == &hotplug_q35) {
        hotplug_config_write(h, 0, LPC_DEVFN, LPC_PM_BASE, PM_BASE | 1);
        hotplug_config_write(h, 0, LPC_DEVFN, LPC_ACPI_CONTROL,
                             LPC_ACPI_ENABLE);
    }
}

uint8_t hotplug_gpe_status(Hotplug *h)
{
    return qtest_inb(h->qts, h->board->gpe);
}

void hotplug_clear_gpe_status(Hotplug *h, uint8_t bits)
{
    qtest_outb(h->qts, h->board->gpe, bits);
}

void hotplug_enable_gpe(Hotplug *h, uint8_t bits)
{
    qtest_outb(h->qts, h->board->gpe + h->board->gpe_length / 2, bits);
}

void hotplug_watch_sci(Hotplug *h)
{
    qtest_irq_intercept_in(h->qts, "ioapic");
}

bool hotplug_sci(Hotplug *h)
{
    return qtest_get_irq(h->qts, SCI_PIN);
}

static void config_address(Hotplug *h, uint8_t bus, uint8_t devfn,
                           uint8_t offset)
{
    qtest_outl(h->qts, CONFIG_ADDRESS,
               UINT32_C(1) << 31 | bus << 16 | devfn << 8 | (offset & ~3));
}

uint32_t hotplug_config_read(Hotplug *h, uint8_t bus, uint8_t devfn,
                             uint8_t offset)
{
    config_address(h, bus, devfn, offset);
    return qtest_inl(h->qts, CONFIG_DATA);
}

void hotplug_config_write(Hotplug *h, uint8_t bus, uint8_t devfn,
                          uint8_t offset, uint32_t value)
{
    config_address(h, bus, devfn, offset);
    qtest_outl(h->qts, CONFIG_DATA, value);
}

/* ---- the host's side --------------------------------------------------- */

int hotplug_bsel(Hotplug *h, const char *bus_path)
{
    QDict *reply = qtest_qmp(h->qts, "{'execute': 'qom-get', 'arguments': "
                             "{'path': %s, 'property': 'acpi-pcihp-bsel'}}",
                             bus_path);
    int bsel = qdict_get_try_int(reply, "return", -1);

    qobject_unref(reply);
    return bsel;
}

void hotplug_plug(Hotplug *h, const char *driver, const char *id,
                  const HotplugPlace *place)
{
    hotplug_plug_function(h, driver, id, place, 0, "");
}

void hotplug_plug_function(Hotplug *h, const char *driver, const char *id,
                           const HotplugPlace *place, uint32_t function,
                           const char *more)
{
    g_autofree char *command = g_strdup_printf(
        "{'execute': 'device_add', 'arguments': {'driver': '%s', 'id': '%s', "
        "'bus': '%s', 'addr': '%x.%u'%s}}", driver, id, place->bus,
        place->slot, function, more);
    QDict *reply;

    qtest_qmp_send_raw(h->qts, "%s", command);
    reply = qtest_qmp_receive(h->qts);
    if (qdict_haskey(reply, "error")) {
        g_error("%s: %s", command,
                qdict_get_str(qdict_get_qdict(reply, "error"), "desc"));
    }
    qobject_unref(reply);
}

/* Takes the text out of an error reply, and the reply with it. */
static char *take_error_text(QDict *reply)
{
    char *text;

    g_assert(qdict_haskey(reply, "error"));
    text = g_strdup(qdict_get_str(qdict_get_qdict(reply, "error"), "desc"));
    qobject_unref(reply);
    return text;
}

char *hotplug_refused_plug(Hotplug *h, const char *driver, const char *id,
                           const char *bus)
{
    return take_error_text(qtest_qmp(
        h->qts, "{'execute': 'device_add', 'arguments': {'driver': %s, "
        "'id': %s, 'bus': %s}}", driver, id, bus));
}

void hotplug_request_unplug(Hotplug *h, const char *id)
{
    qtest_qmp_assert_success(h->qts, "{'execute': 'device_del', 'arguments': "
                             "{'id': %s}}", id);
}

char *hotplug_refused_unplug(Hotplug *h, const char *id)
{
    return take_error_text(qtest_qmp(
        h->qts, "{'execute': 'device_del', 'arguments': {'id': %s}}", id));
}

bool hotplug_has_device(Hotplug *h, const char *id)
{
    g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", id);
    QDict *reply = qtest_qmp(h->qts, "{'execute': 'qom-list', 'arguments': "
                             "{'path': %s}}", path);
    bool found = qdict_haskey(reply, "return");

    qobject_unref(reply);
    return found;
}

QDict *hotplug_wait_event(Hotplug *h, const char *name)
{
    for (int i = 0; i < POLLS; i++) {
        QDict *event = qtest_qmp_event_ref(h->qts, name);

        if (event) {
            return event;
        }
        g_usleep(POLL_MICROSECONDS);
        /* events that have come are kept while a reply is waited for */
        qtest_qmp_assert_success(h->qts, "{'execute': 'query-status'}");
    }
    g_error("no event %s came", name);
}

void hotplug_reset(Hotplug *h)
{
    qtest_system_reset_nowait(h->qts);
    qobject_unref(hotplug_wait_event(h, "RESET"));
}

void hotplug_expect_deleted(Hotplug *h, const char *id)
{
    bool found = false;

    g_assert(!hotplug_has_device(h, id));
    while (!found) {
        QDict *event = hotplug_wait_event(h, "DEVICE_DELETED");
        QDict *data = qdict_get_qdict(event, "data");

        found = g_strcmp0(qdict_get_try_str(data, "device"), id) == 0;
        qobject_unref(event);
    }
}

void hotplug_assert_names(const char *text, ...)
{
    const char *word;
    va_list words;

    va_start(words, text);
    while ((word = va_arg(words, const char *))) {
        if (!strstr(text, word)) {
            g_error("'%s' is not named in: %s", word, text);
        }
    }
    va_end(words);
}
