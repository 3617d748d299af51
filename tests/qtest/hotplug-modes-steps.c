/*
 * Steps of the qtests of hotplug modes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <sys/wait.h>
#include "hotplug-modes-steps.h"
#include "qemu/bswap.h"
#include "standard-headers/linux/qemu_fw_cfg.h"

typedef struct fw_cfg_dma_access FWCfgDmaAccess;

/* fw_cfg, and guest memory that it is told to write to. */
#define FW_CFG_DMA_HIGH    0x514
#define FW_CFG_DMA_LOW     0x518
#define DMA_COMMAND        0x100000
#define DATA               0x200000
#define DIRECTORY_SIZE     0x4000
#define TABLES_SIZE        0x20000
#define TABLE_HEADER_SIZE  36

#define CONFIG_DATA          0x0cfc
#define CONFIG_CAPABILITIES  0x34
#define CAPABILITY_EXPRESS   0x10
#define SLOT_CAPABILITIES    0x14    /* in the capability */
#define SLOT_CONTROL         0x18

/* ACPI power management registers, from where hotplug_map_gpe() maps them. */
#define PM1_CONTROL     0x604
#define SLEEP_TYPE_S3   (1 << 10)
#define SLEEP_ENABLE    (1 << 13)

/* QEMU is to be refused long before; this ends it if it is not. */
#define START_SECONDS   60

/* ---- tables ------------------------------------------------------------ */

static uint32_t little_endian(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Lets fw_cfg write the beginning of an item to DATA. */
static void fetch_item(Hotplug *h, uint16_t key, uint32_t size)
{
    FWCfgDmaAccess access = {
        .control = cpu_to_be32((uint32_t)key << 16 | FW_CFG_DMA_CTL_SELECT |
                               FW_CFG_DMA_CTL_READ),
        .length = cpu_to_be32(size),
        .address = cpu_to_be64(DATA),
    };

    qtest_memwrite(h->qts, DMA_COMMAND, &access, sizeof(access));
    qtest_outl(h->qts, FW_CFG_DMA_HIGH, 0);
    qtest_outl(h->qts, FW_CFG_DMA_LOW, cpu_to_be32(DMA_COMMAND));
    qtest_memread(h->qts, DMA_COMMAND, &access, sizeof(access));
    g_assert_cmphex(access.control, ==, 0);
}

static uint16_t find_file(Hotplug *h, const char *name)
{
    uint32_t count;

    fetch_item(h, FW_CFG_FILE_DIR, DIRECTORY_SIZE);
    qtest_memread(h->qts, DATA, &count, sizeof(count));
    for (uint32_t i = 0; i < be32_to_cpu(count); i++) {
        struct fw_cfg_file file;

        qtest_memread(h->qts, DATA + sizeof(count) + i * sizeof(file), &file,
                      sizeof(file));
        if (g_str_equal(file.name, name)) {
            return be16_to_cpu(file.select);
        }
    }
    g_error("no file %s in fw_cfg", name);
}

/* In the file the DSDT follows the FACS, which says how long it is itself. */
GByteArray *modes_read_dsdt(Hotplug *h)
{
    GByteArray *dsdt = g_byte_array_new();
    uint8_t head[TABLE_HEADER_SIZE];
    uint64_t start = DATA;

    fetch_item(h, find_file(h, "etc/acpi/tables"), TABLES_SIZE);
    qtest_memread(h->qts, start, head, sizeof(head));
    g_assert_cmpmem(head, 4, "FACS", 4);
    start += little_endian(head + 4);
    qtest_memread(h->qts, start, head, sizeof(head));
    g_assert_cmpmem(head, 4, "DSDT", 4);
    g_byte_array_set_size(dsdt, little_endian(head + 4));
    qtest_memread(h->qts, start, dsdt->data, dsdt->len);
    return dsdt;
}

unsigned modes_count_name(const GByteArray *table, const char *name)
{
    unsigned count = 0;

    for (size_t at = TABLE_HEADER_SIZE; at + 4 <= table->len; at++) {
        count += memcmp(table->data + at, name, 4) == 0;
    }
    return count;
}

/* And(Local0, BYTE, Local0), as it masks what the guest asks for */
static int mask_after(const GByteArray *table, size_t at)
{
    for (; at + 5 <= table->len; at++) {
        const uint8_t *code = table->data + at;

        if (code[0] == 0x7b && code[1] == 0x60 && code[2] == 0x0a &&
            code[4] == 0x60) {
            return code[3];
        }
    }
    return -1;
}

int modes_osc_grants(const GByteArray *table, unsigned nth)
{
    for (size_t at = TABLE_HEADER_SIZE; at + 4 <= table->len; at++) {
        if (memcmp(table->data + at, "_OSC", 4) == 0 && nth-- == 0) {
            return mask_after(table, at);
        }
    }
    return -1;
}

/* ---- a port's slot ----------------------------------------------------- */

uint8_t modes_capability(Hotplug *h, uint8_t bus, uint8_t devfn, uint8_t id)
{
    uint8_t at = hotplug_config_read(h, bus, devfn, CONFIG_CAPABILITIES);

    while (at) {
        uint32_t head = hotplug_config_read(h, bus, devfn, at);

        if ((head & 0xff) == id) {
            return at;
        }
        at = head >> 8;
    }
    g_error("%02x:%02x has no capability %02x", bus, devfn, id);
}

static uint8_t express_capability(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    return modes_capability(h, bus, devfn, CAPABILITY_EXPRESS);
}

static uint32_t slot_registers(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    return hotplug_config_read(h, bus, devfn,
                               express_capability(h, bus, devfn) +
                               SLOT_CONTROL);
}

uint32_t modes_slot_capabilities(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    return hotplug_config_read(h, bus, devfn,
                               express_capability(h, bus, devfn) +
                               SLOT_CAPABILITIES);
}

uint16_t modes_slot_control(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    return slot_registers(h, bus, devfn);
}

uint16_t modes_slot_status(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    return slot_registers(h, bus, devfn) >> 16;
}

void modes_write_slot_control(Hotplug *h, uint8_t bus, uint8_t devfn,
                              uint16_t value)
{
    hotplug_config_write(h, bus, devfn,
                         express_capability(h, bus, devfn) + SLOT_CONTROL,
                         value);
}

/* 16 bits alone: Slot Control, before it, would take the rest for a command. */
void modes_clear_slot_events(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    uint16_t events = modes_slot_status(h, bus, devfn) & PCIE_SLOT_EVENTS;

    slot_registers(h, bus, devfn);
    qtest_outw(h->qts, CONFIG_DATA + 2, events);
}

void modes_enable_slot(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    modes_write_slot_control(h, bus, devfn,
                             modes_slot_control(h, bus, devfn) |
                             PCIE_SLOT_EVENTS | PCIE_SLOT_INTERRUPT);
}

void modes_power_off_slot(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    modes_write_slot_control(h, bus, devfn,
                             modes_slot_control(h, bus, devfn) |
                             PCIE_SLOT_LIGHT | PCIE_SLOT_POWER_OFF);
}

/* ---- the guest's choice ------------------------------------------------ */

void modes_write_osc(Hotplug *h, uint32_t value)
{
    qtest_outl(h->qts, h->board->extension + ACPI_SLOTS_OSC, value);
}

void modes_report(Hotplug *h, uint8_t uid, uint8_t control, bool query)
{
    modes_write_osc(h, uid | control << HOTPLUG_OSC_CONTROL_SHIFT |
                       query << HOTPLUG_OSC_QUERY_SHIFT);
}

void modes_sleep_and_wake(Hotplug *h)
{
    qtest_outw(h->qts, PM1_CONTROL, SLEEP_TYPE_S3 | SLEEP_ENABLE);
    qtest_qmp_eventwait(h->qts, "SUSPEND");
    qtest_qmp_assert_success(h->qts, "{'execute': 'system_wakeup'}");
    qtest_qmp_eventwait(h->qts, "WAKEUP");
}

/* ---- the host's side --------------------------------------------------- */

QDict *modes_query(Hotplug *h)
{
    return qtest_qmp_assert_success_ref(h->qts,
                                        "{'execute': 'query-pci-hotplug'}");
}

static QList *query_slots(Hotplug *h, QDict **reply)
{
    *reply = modes_query(h);
    return qdict_get_qlist(*reply, "slots");
}

QDict *modes_query_slot(Hotplug *h, const char *bus, int addr)
{
    QDict *reply;
    QList *slots = query_slots(h, &reply);
    QDict *found = NULL;
    const QListEntry *entry;

    QLIST_FOREACH_ENTRY(slots, entry) {
        QDict *slot = qobject_to(QDict, qlist_entry_obj(entry));

        if (g_str_equal(qdict_get_str(slot, "bus"), bus) &&
            qdict_get_int(slot, "addr") == addr) {
            found = qobject_ref(slot);
        }
    }
    qobject_unref(reply);
    return found;
}

unsigned modes_count_slots(Hotplug *h)
{
    QDict *reply;
    unsigned count = qlist_size(query_slots(h, &reply));

    qobject_unref(reply);
    return count;
}

void modes_assert_slot(Hotplug *h, const char *bus, const char *mode,
                       const char *method, const char *negotiated,
                       const char *evidence)
{
    QDict *slot = modes_query_slot(h, bus, 0);

    g_assert(slot);
    g_assert_cmpstr(qdict_get_str(slot, "mode"), ==, mode);
    g_assert_cmpstr(qdict_get_str(slot, "method"), ==, method);
    g_assert_cmpstr(qdict_get_try_str(slot, "negotiated"), ==, negotiated);
    g_assert_cmpstr(qdict_get_str(slot, "evidence"), ==, evidence);
    qobject_unref(slot);
}

QDict *modes_get_property(Hotplug *h, const char *path, const char *property)
{
    return qtest_qmp(h->qts, "{'execute': 'qom-get', 'arguments': "
                     "{'path': %s, 'property': %s}}", path, property);
}

char *modes_controller_path(Hotplug *h)
{
    QDict *reply = modes_get_property(h, "/machine", "acpi-device");
    char *path = g_strdup(qdict_get_str(reply, "return"));

    qobject_unref(reply);
    return path;
}

/* In the child: bounds how long QEMU may run. */
static void set_alarm(gpointer opaque)
{
    alarm(START_SECONDS);
}

char *modes_refused_start(const char *arguments)
{
    g_autofree char *command = g_strdup_printf(
        "%s -accel qtest -display none -nodefaults -m 32 %s",
        g_getenv("QTEST_QEMU_BINARY"), arguments);
    g_auto(GStrv) words = NULL;
    char *complaint = NULL;
    int status = 0;

    g_assert(g_shell_parse_argv(command, NULL, &words, NULL));
    g_assert(g_spawn_sync(NULL, words, NULL, G_SPAWN_STDOUT_TO_DEV_NULL,
                          set_alarm, NULL, NULL, &complaint, &status, NULL));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 1) {
        g_error("'%s' ended with status 0x%x: %s", command, status, complaint);
    }
    return complaint;
}
