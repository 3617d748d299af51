/*
 * QTest of ACPI PCI hotplug: waking up from suspend to RAM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * On pc-q35-10.0-hotplug the ACPI register block is where it was, without its
 * content, when the guest wakes up.  Elsewhere, and after any other reset, it
 * is the firmware's to put it there.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "hw/acpi/ich9-wakeup.h"
#include "hw/pci/pci.h"
#include "hw/southbridge/ich9.h"
#include "standard-headers/linux/pci_regs.h"

#define OWN_MACHINE  "-machine pc-q35-10.0-hotplug"

#define PM_BASE      0x600
#define SCI_IRQ_10   1
#define PM1_CONTROL  (PM_BASE + 4)
#define PM1_SUSPEND  (1 << 10 | 1 << 13)    /* SLP_TYP as in _S3, SLP_EN */
#define GPE_ENABLE   (PM_BASE + 0x28)
#define NO_DEVICE    0xff

/* ---- the bridge's configuration space ----------------------------------- */

static void select_register(Hotplug *h, uint8_t offset)
{
    const uint32_t enable = UINT32_C(1) << 31;
    const uint32_t lpc = PCI_DEVFN(0x1f, 0) << 8;

    qtest_outl(h->qts, 0xcf8, enable | lpc | (offset & ~3));
}

static uint32_t read_pmbase(Hotplug *h)
{
    select_register(h, ICH9_LPC_PMBASE);
    return qtest_inl(h->qts, 0xcfc);
}

static uint8_t read_control(Hotplug *h)
{
    select_register(h, ICH9_LPC_ACPI_CTRL);
    return qtest_inb(h->qts, 0xcfc);
}

/* As firmware does it, but with an interrupt that is not the default. */
static void set_up(Hotplug *h)
{
    select_register(h, ICH9_LPC_PMBASE);
    qtest_outl(h->qts, 0xcfc, PM_BASE | ICH9_LPC_PMBASE_RTE);
    select_register(h, ICH9_LPC_ACPI_CTRL);
    qtest_outb(h->qts, 0xcfc, ICH9_LPC_ACPI_CTRL_ACPI_EN | SCI_IRQ_10);
    qtest_outb(h->qts, GPE_ENABLE, HOTPLUG_GPE_BIT);
    g_assert_cmphex(qtest_inb(h->qts, GPE_ENABLE), ==, HOTPLUG_GPE_BIT);
}

static void suspend(Hotplug *h)
{
    qtest_outw(h->qts, PM1_CONTROL, PM1_SUSPEND);
    qtest_qmp_eventwait(h->qts, "SUSPEND");
}

static void wake_up(Hotplug *h)
{
    qtest_qmp_assert_success(h->qts, "{ 'execute': 'system_wakeup' }");
    qtest_qmp_eventwait(h->qts, "WAKEUP");
}

static void assert_kept(Hotplug *h)
{
    g_assert_cmphex(read_pmbase(h), ==, PM_BASE | ICH9_LPC_PMBASE_RTE);
    g_assert_cmphex(read_control(h), ==,
                    ICH9_LPC_ACPI_CTRL_ACPI_EN | SCI_IRQ_10);
    g_assert_cmphex(qtest_inb(h->qts, GPE_ENABLE), ==, 0);
    g_assert_cmphex(qtest_inw(h->qts, PM1_CONTROL), ==, 0);
}

static void assert_gone(Hotplug *h)
{
    g_assert_cmphex(read_pmbase(h), ==, ICH9_LPC_PMBASE_DEFAULT);
    g_assert_cmphex(read_control(h), ==, ICH9_LPC_ACPI_CTRL_DEFAULT);
    g_assert_cmphex(qtest_inb(h->qts, GPE_ENABLE), ==, NO_DEVICE);
}

/* ---- tests -------------------------------------------------------------- */

static bool skip_on_stock(void)
{
    if (!hotplug_is_fork()) {
        g_test_skip("this QEMU leaves it to the firmware");
        return true;
    }
    return false;
}

/* A plug after each of some wake-ups raises the event. */
static void test_own_machine(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, OWN_MACHINE);
    set_up(h);
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *id = g_strdup_printf("device%u", i);

        suspend(h);
        wake_up(h);
        assert_kept(h);
        qtest_outb(h->qts, GPE_ENABLE, HOTPLUG_GPE_BIT);
        hotplug_plug(h, "virtio-rng-pci", id, &h->board->place[i]);
        g_assert_cmphex(qtest_inb(h->qts, PM_BASE + 0x20) & HOTPLUG_GPE_BIT,
                        ==, HOTPLUG_GPE_BIT);
    }
}

/* A guest that starts anew meets firmware first. */
static void test_own_machine_reset(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, OWN_MACHINE);
    set_up(h);
    qtest_system_reset(h->qts);
    assert_gone(h);
    set_up(h);
    suspend(h);
    qtest_system_reset(h->qts);
    assert_gone(h);
}

/* What was never there does not come by waking up. */
static void test_own_machine_unmapped(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, OWN_MACHINE);
    set_up(h);
    suspend(h);
    select_register(h, ICH9_LPC_ACPI_CTRL);
    qtest_outb(h->qts, 0xcfc, 0);
    wake_up(h);
    g_assert_cmphex(read_control(h), ==, 0);
    g_assert_cmphex(qtest_inb(h->qts, GPE_ENABLE), ==, NO_DEVICE);
}

static void test_own_machine_off(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, OWN_MACHINE " -global ICH9-LPC."
                           ICH9_PROP_KEEP_PM_BLOCK "=off");
    set_up(h);
    suspend(h);
    wake_up(h);
    assert_gone(h);
}

static void test_stock_machine(void)
{
    g_autoptr(Hotplug) h = hotplug_start(&hotplug_q35);

    set_up(h);
    suspend(h);
    wake_up(h);
    assert_gone(h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/hotplug-wake-up/own-machine", test_own_machine);
    qtest_add_func("/hotplug-wake-up/own-machine-reset",
                   test_own_machine_reset);
    qtest_add_func("/hotplug-wake-up/own-machine-unmapped",
                   test_own_machine_unmapped);
    qtest_add_func("/hotplug-wake-up/own-machine-off", test_own_machine_off);
    qtest_add_func("/hotplug-wake-up/stock-machine", test_stock_machine);
    return g_test_run();
}
