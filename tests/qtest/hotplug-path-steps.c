/*
 * Steps of qtests that look at both ways in which a guest hears of requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hotplug-path-steps.h"
#include "hw/pci/pci_regs.h"

/* Where q35 routes INTA of devices 4 and 5 to. */
#define PORT0_LINE       20
#define CONFIG_BUSES     0x18    /* primary, secondary, subordinate */
#define NO_DEVICE        UINT32_MAX

uint8_t path_devfn(int port)
{
    return port ? PORT1_DEVFN : PORT0_DEVFN;
}

const char *path_method_name(HotplugMethod method)
{
    static const char *const names[HOTPLUG_METHODS] = {
        [HOTPLUG_METHOD_NONE] = "none",
        [HOTPLUG_METHOD_ACPI] = "acpi",
        [HOTPLUG_METHOD_NATIVE] = "native",
    };

    return names[method];
}

Hotplug *path_start(const char *arguments)
{
    Hotplug *h = hotplug_start_with(&hotplug_q35, "%s", arguments);

    hotplug_watch_sci(h);
    hotplug_map_gpe(h);
    return h;
}

void path_enable_slots(Hotplug *h)
{
    for (int port = 0; port < 2; port++) {
        modes_enable_slot(h, 0, path_devfn(port));
        modes_clear_slot_events(h, 0, path_devfn(port));
    }
}

void path_prepare(Hotplug *h, PathGuest guest)
{
    switch (guest) {
    case PATH_SILENT:
        break;
    case PATH_EVENT:
        hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
        break;
    case PATH_SLOTS:
        path_enable_slots(h);
        break;
    case PATH_WITHOUT:
        hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
        modes_report(h, 0, HOTPLUG_OSC_SHPC, false);
        break;
    case PATH_NATIVE:
        hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
        modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
        path_enable_slots(h);
        break;
    }
}

/* ---- what there is to see ---------------------------------------------- */

void path_expect_registers(Hotplug *h, int port, HotplugMethod method,
                           PathRequest request)
{
    const HotplugPlace *place = &h->board->place[port];
    bool acpi = method == HOTPLUG_METHOD_ACPI;
    bool native = method == HOTPLUG_METHOD_NATIVE;
    uint16_t status = modes_slot_status(h, 0, path_devfn(port));

    /* without a BSEL there are no bits that could be set */
    if (hotplug_bsel(h, place->bus_path) >= 0) {
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                        acpi && request == PATH_PLUG);
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==,
                        acpi && request == PATH_UNPLUG);
    }
    g_assert_cmpint(!!(status & PCIE_SLOT_BUTTON), ==,
                    native && (request == PATH_PLUG || request == PATH_UNPLUG));
    g_assert_cmpint(!!(status & PCIE_SLOT_PRESENCE), ==,
                    native && (request == PATH_PLUG || request == PATH_FOUND));
}

static bool is_listening(Hotplug *h, int port)
{
    const uint16_t needed = PCIE_SLOT_INTERRUPT | PCIE_SLOT_BUTTON;

    return (modes_slot_control(h, 0, path_devfn(port)) & needed) == needed;
}

static bool is_event_enabled(Hotplug *h)
{
    return qtest_inb(h->qts, h->board->gpe + h->board->gpe_length / 2) &
           HOTPLUG_GPE_BIT;
}

/* Of the ports' lines, only that of @port may be asserted, and only if @on. */
static void expect_lines(Hotplug *h, int port, bool on)
{
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(qtest_get_irq(h->qts, PORT0_LINE + i), ==,
                        on && i == port && is_listening(h, port));
    }
}

void path_expect(Hotplug *h, int port, HotplugMethod method,
                 PathRequest request)
{
    bool open = request != PATH_NOTHING;
    bool event = open && method == HOTPLUG_METHOD_ACPI;

    g_assert_cmphex(hotplug_gpe_status(h), ==, event ? HOTPLUG_GPE_BIT : 0);
    g_assert_cmpint(hotplug_sci(h), ==, event && is_event_enabled(h));
    expect_lines(h, port, open && method == HOTPLUG_METHOD_NATIVE);
    path_expect_registers(h, port, method, request);
    path_expect_registers(h, !port, method, PATH_NOTHING);

    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    modes_clear_slot_events(h, 0, path_devfn(port));
    g_assert_false(hotplug_sci(h));
    expect_lines(h, port, false);
}

void path_expect_quiet(Hotplug *h)
{
    path_expect(h, 0, HOTPLUG_METHOD_NONE, PATH_NOTHING);
}

/* ---- what the guest does ----------------------------------------------- */

static void command(Hotplug *h, int port, uint16_t clear, uint16_t set)
{
    uint8_t devfn = path_devfn(port);
    uint16_t control = modes_slot_control(h, 0, devfn);

    modes_write_slot_control(h, 0, devfn, (control & ~clear) | set);
    modes_clear_slot_events(h, 0, devfn);
}

static void set_light(Hotplug *h, int port, PcieSlotIndicator light)
{
    command(h, port, PCIE_SLOT_LIGHT, light << PCIE_SLOT_LIGHT_SHIFT);
}

void path_blink(Hotplug *h, int port)
{
    set_light(h, port, PCIE_SLOT_INDICATOR_BLINKING);
}

void path_power_on(Hotplug *h, int port)
{
    command(h, port, PCIE_SLOT_POWER_OFF, 0);
}

void path_take(Hotplug *h, int port, HotplugMethod method)
{
    if (method == HOTPLUG_METHOD_NATIVE) {
        path_power_on(h, port);
        path_blink(h, port);
        set_light(h, port, PCIE_SLOT_INDICATOR_ON);
    }
    g_assert_true(path_is_visible(h, port, 0));
    hotplug_config_write(h, 1 + port, 0, PCI_COMMAND, PCI_COMMAND_MEMORY);
}

void path_give_back(Hotplug *h, int port, HotplugMethod method)
{
    if (method == HOTPLUG_METHOD_NATIVE) {
        path_blink(h, port);
        command(h, port, 0, PCIE_SLOT_POWER_OFF);
        set_light(h, port, PCIE_SLOT_INDICATOR_OFF);
    } else {
        hotplug_eject(h, &h->board->place[port]);
    }
}

bool path_is_visible(Hotplug *h, int port, uint8_t function)
{
    uint32_t bus = 1 + port;

    hotplug_config_write(h, 0, path_devfn(port), CONFIG_BUSES,
                         bus << 16 | bus << 8);
    return hotplug_config_read(h, bus, function, 0) != NO_DEVICE;
}

/* ---- what the host does ------------------------------------------------ */

void path_plug_functions(Hotplug *h, int port)
{
    static const struct {
        const char *id;
        uint32_t function;
    } parts[] = { { "one", 1 }, { "two", 2 }, { "zero", 0 } };

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        hotplug_plug_function(h, PATH_DEVICE, parts[i].id,
                              &h->board->place[port], parts[i].function,
                              ",'multifunction': true");
    }
}
