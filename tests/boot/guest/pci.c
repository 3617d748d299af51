/*
 * Agent of the test guest: the PCI functions that it sees
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All of it comes from sysfs:
 *
 *   path=     where the function is: the bridges above it, then itself
 *   id=       vendor:device
 *   driver=   the bound driver, or -
 *   slot=     name under /sys/bus/pci/slots, or -
 *   index=    acpi_index, or -
 *   label=    label, blanks as underscores, or -
 *   parts=    what the drivers made of it, a comma between: net:eth0,
 *             block:vda, graphics:fb0, virtio:virtio_net; or -
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define DEVICES  "/sys/bus/pci/devices"
#define SLOTS    "/sys/bus/pci/slots"

/* Length of "0000:00:00.0", and of the part that names the slot. */
#define ADDRESS_LENGTH  12
#define SLOT_LENGTH     10

/*
 * Part: something that belongs to a PCI function
 *
 * @owner: address of the function, or of the slot
 */
typedef struct Part {
    char owner[ADDRESS_LENGTH + 1];
    char name[64];
} Part;

typedef struct Parts {
    Part *part;
    size_t count;
} Parts;

static void add_part(Parts *parts, const char *owner, const char *kind,
                     const char *name)
{
    Part *more = realloc(parts->part, (parts->count + 1) * sizeof(Part));

    if (!more) {
        return;
    }
    parts->part = more;
    more += parts->count++;
    snprintf(more->owner, sizeof(more->owner), "%s", owner);
    snprintf(more->name, sizeof(more->name), "%s%s", kind, name);
}

/* The first line of a file, without its newline; false if it has none. */
static bool read_line(const char *directory, const char *entry,
                      const char *attribute, char *text, size_t size)
{
    char path[PATH_MAX];
    ssize_t length;
    int file;

    snprintf(path, sizeof(path), "%s/%s/%s", directory, entry, attribute);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    length = read(file, text, size - 1);
    close(file);
    if (length <= 0) {
        return false;
    }
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return *text;
}

/* The last component of what a link points to. */
static bool read_link(const char *directory, const char *entry,
                      const char *link, char *text, size_t size)
{
    char path[PATH_MAX], target[PATH_MAX];
    ssize_t length;
    char *last;

    snprintf(path, sizeof(path), "%s/%s/%s", directory, entry, link);
    length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0) {
        return false;
    }
    target[length] = '\0';
    last = strrchr(target, '/');
    last = last ? last + 1 : target;
    if (strlen(last) >= size) {
        return false;
    }
    strcpy(text, last);
    return true;
}

/* Whether a path component is a PCI address. */
static bool is_address(const char *component)
{
    static const char form[] = "xxxx:xx:xx.x";

    for (const char *at = form; *at; at++, component++) {
        if (*at == 'x' ? !isxdigit((unsigned char)*component)
                       : *at != *component) {
            return false;
        }
    }
    return *component == '/' || !*component;
}

/* The PCI function nearest to a device of another kind; NULL without one. */
static const char *owner_of(char *path)
{
    char *slash;

    while ((slash = strrchr(path, '/'))) {
        if (is_address(slash + 1)) {
            return slash + 1;
        }
        *slash = '\0';
    }
    return NULL;
}

typedef void Visit(Parts *parts, const char *directory, const char *entry);

static void for_each_entry(const char *directory, Visit *visit, Parts *parts)
{
    DIR *entries = opendir(directory);
    struct dirent *entry;

    if (!entries) {
        return;
    }
    while ((entry = readdir(entries))) {
        if (entry->d_name[0] != '.') {
            visit(parts, directory, entry->d_name);
        }
    }
    closedir(entries);
}

static void visit_slot(Parts *slots, const char *directory, const char *entry)
{
    char address[ADDRESS_LENGTH + 1];

    if (read_line(directory, entry, "address", address, sizeof(address))) {
        add_part(slots, address, "", entry);
    }
}

static void visit_class_device(Parts *parts, const char *directory,
                               const char *entry)
{
    char link[PATH_MAX], path[PATH_MAX];
    const char *kind = strrchr(directory, '/') + 1;
    const char *owner;
    char prefix[16];

    snprintf(link, sizeof(link), "%s/%s", directory, entry);
    owner = realpath(link, path) ? owner_of(path) : NULL;
    if (owner) {
        snprintf(prefix, sizeof(prefix), "%s:", kind);
        add_part(parts, owner, prefix, entry);
    }
}

static void visit_virtio(Parts *parts, const char *directory,
                         const char *entry)
{
    char link[PATH_MAX], path[PATH_MAX], driver[32];
    const char *owner;

    snprintf(link, sizeof(link), "%s/%s", directory, entry);
    owner = realpath(link, path) ? owner_of(path) : NULL;
    if (owner &&
        read_link(directory, entry, "driver", driver, sizeof(driver))) {
        add_part(parts, owner, "virtio:", driver);
    }
}

/* Writes the names of what belongs to @owner, or "-". */
static void join_parts(const Parts *parts, const char *owner, size_t length,
                       char *text, size_t size)
{
    size_t used = 0;

    snprintf(text, size, "-");
    for (size_t i = 0; i < parts->count && used < size; i++) {
        if (!strncmp(parts->part[i].owner, owner, length)) {
            used += snprintf(text + used, size - used, "%s%s",
                             used ? "," : "", parts->part[i].name);
        }
    }
}

static void read_or_dash(const char *entry, const char *attribute,
                         char *text, size_t size)
{
    if (!read_line(DEVICES, entry, attribute, text, size)) {
        snprintf(text, size, "-");
    }
    for (char *at = text; *at; at++) {
        if (isspace((unsigned char)*at)) {
            *at = '_';
        }
    }
}

static void list_function(const char *id, const char *entry,
                          const Parts *slots, const Parts *parts)
{
    char link[PATH_MAX], path[PATH_MAX];
    char vendor[16], device[16], driver[32], index[16], label[64];
    char slot[64], names[512];

    snprintf(link, sizeof(link), DEVICES "/%s", entry);
    if (!realpath(link, path)) {
        return;
    }
    read_or_dash(entry, "vendor", vendor, sizeof(vendor));
    read_or_dash(entry, "device", device, sizeof(device));
    read_or_dash(entry, "acpi_index", index, sizeof(index));
    read_or_dash(entry, "label", label, sizeof(label));
    if (!read_link(DEVICES, entry, "driver", driver, sizeof(driver))) {
        snprintf(driver, sizeof(driver), "-");
    }
    join_parts(slots, entry, SLOT_LENGTH, slot, sizeof(slot));
    join_parts(parts, entry, ADDRESS_LENGTH, names, sizeof(names));
    agent_data(id, "path=%s id=%s:%s driver=%s slot=%s index=%s label=%s"
               " parts=%s", path + strlen("/sys/devices/"), vendor + 2,
               device + 2, driver, slot, index, label, names);
}

int pci_list(const char *id)
{
    Parts slots = { 0 }, parts = { 0 };
    struct dirent **entry;
    int count = scandir(DEVICES, &entry, NULL, alphasort);

    if (count < 0) {
        return -errno;
    }
    for_each_entry(SLOTS, visit_slot, &slots);
    for_each_entry("/sys/class/net", visit_class_device, &parts);
    for_each_entry("/sys/class/block", visit_class_device, &parts);
    for_each_entry("/sys/class/graphics", visit_class_device, &parts);
    for_each_entry("/sys/bus/virtio/devices", visit_virtio, &parts);
    for (int i = 0; i < count; i++) {
        if (is_address(entry[i]->d_name)) {
            list_function(id, entry[i]->d_name, &slots, &parts);
        }
        free(entry[i]);
    }
    free(entry);
    free(slots.part);
    free(parts.part);
    return 0;
}
