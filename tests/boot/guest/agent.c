/*
 * Agent of the test guest: commands from the host, events from the kernel
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

/* Bytes of events that the kernel may queue while a command runs. */
#define EVENT_QUEUE  (8 * 1024 * 1024)

static int channel;

static void die(const char *what)
{
    fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void write_all(const char *text, size_t length)
{
    while (length) {
        ssize_t done = write(channel, text, length);

        if (done < 0 && errno != EINTR) {
            die("write to host");
        }
        if (done > 0) {
            text += done;
            length -= done;
        }
    }
}

static uint64_t microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

static void send_line(const char *kind, const char *id, const char *format,
                      va_list arguments)
{
    static uint64_t sequence;
    char line[AGENT_LINE];
    size_t room = sizeof(line) - 1;
    size_t length;

    sequence++;
    length = snprintf(line, room, "%llu %llu %s %s%s",
                      (unsigned long long)sequence,
                      (unsigned long long)microseconds(), kind,
                      id, *id ? " " : "");
    length += vsnprintf(line + length, room - length, format, arguments);
    if (length >= room) {
        length = room - 1;
    }
    line[length++] = '\n';
    write_all(line, length);
}

void agent_send(const char *kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_line(kind, "", format, arguments);
    va_end(arguments);
}

void agent_data(const char *id, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_line("data", id, format, arguments);
    va_end(arguments);
}

/*
 * Runs a shell command; its output becomes data lines.  Returns its exit
 * status, or an errno, negative.
 */
static int run(const char *id, const char *command)
{
    char line[AGENT_LINE / 2];
    FILE *output = popen(command, "r");
    int status;

    if (!output) {
        return -errno;
    }
    while (fgets(line, sizeof(line), output)) {
        line[strcspn(line, "\n")] = '\0';
        agent_data(id, "%s", line);
    }
    status = pclose(output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

static int power_off(const char *id, const char *arguments)
{
    agent_send("done", "%s 0", id);
    tcdrain(channel);
    sync();
    return reboot(RB_POWER_OFF) ? -errno : 0;
}

static int stop_drawing(const char *id, const char *arguments)
{
    return drawing_stop(id);
}

static int list(const char *id, const char *arguments)
{
    return pci_list(id);
}

static int show_writer(const char *id, const char *arguments)
{
    return writer_status(id);
}

static int stop_writer(const char *id, const char *arguments)
{
    return writer_stop(id);
}

static const struct {
    const char *verb;
    int (*execute)(const char *id, const char *arguments);
} verbs[] = {
    { "cursor", drawing_cursor },
    { "dirty", drawing_dirty },
    { "draw", drawing_start },
    { "flip", drawing_flip },
    { "font", console_font },
    { "list", list },
    { "poweroff", power_off },
    { "run", run },
    { "undraw", stop_drawing },
    { "writer-start", writer_start },
    { "writer-status", show_writer },
    { "writer-stop", stop_writer },
};

static int execute(const char *id, const char *verb, const char *arguments)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (!strcmp(verb, verbs[i].verb)) {
            return verbs[i].execute(id, arguments);
        }
    }
    agent_data(id, "no such command: %s", verb);
    return -ENOSYS;
}

static void command(char *line)
{
    char *id = strsep(&line, " ");
    char *verb = strsep(&line, " ");
    int status;

    if (!verb) {
        return;
    }
    status = execute(id, verb, line ? line : "");
    agent_send("done", "%s %d", id, abs(status));
}

/* Takes what came from the host; acts on each line that is complete. */
static void from_host(void)
{
    static char buffer[AGENT_LINE];
    static size_t filled;
    ssize_t got = read(channel, buffer + filled, sizeof(buffer) - 1 - filled);
    char *newline;

    if (got <= 0) {
        return;
    }
    filled += got;
    buffer[filled] = '\0';
    while ((newline = strchr(buffer, '\n'))) {
        *newline++ = '\0';
        command(buffer);
        filled -= newline - buffer;
        memmove(buffer, newline, filled + 1);
    }
    if (filled == sizeof(buffer) - 1) {
        filled = 0;
    }
}

/*
 * Reports one event.  What the kernel sends is a row of strings, each with
 * its zero: a summary, then KEY=VALUE.
 */
static void report_event(const char *message, size_t length)
{
    const char *end = message + length;
    const char *action = "-", *subsystem = "-", *path = "-";
    const char *name = NULL, *interface = NULL;

    for (; message < end; message += strlen(message) + 1) {
        if (!strncmp(message, "ACTION=", 7)) {
            action = message + 7;
        } else if (!strncmp(message, "SUBSYSTEM=", 10)) {
            subsystem = message + 10;
        } else if (!strncmp(message, "DEVPATH=", 8)) {
            path = message + 8;
        } else if (!strncmp(message, "DEVNAME=", 8)) {
            name = message + 8;
        } else if (!strncmp(message, "INTERFACE=", 10)) {
            interface = message + 10;
        }
    }
    name = interface ? interface : name;
    agent_send("uevent", "%s %s %s%s%s", action, subsystem, path,
               name ? " " : "", name ? name : "");
}

static void from_kernel(int events)
{
    char message[AGENT_LINE + 1];
    ssize_t length = recv(events, message, sizeof(message) - 1, 0);

    if (length > 0) {
        message[length] = '\0';
        report_event(message, length);
    }
}

static int open_channel(const char *path)
{
    struct termios settings;
    int terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (terminal < 0 || tcgetattr(terminal, &settings)) {
        die(path);
    }
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    settings.c_cflag |= CLOCAL;
    if (tcsetattr(terminal, TCSANOW, &settings)) {
        die(path);
    }
    return terminal;
}

static int open_events(void)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    int queue = EVENT_QUEUE;
    int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
                        NETLINK_KOBJECT_UEVENT);

    if (events < 0 ||
        setsockopt(events, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) ||
        bind(events, (struct sockaddr *)&address, sizeof(address))) {
        die("kernel events");
    }
    return events;
}

int main(int argc, char **argv)
{
    struct pollfd sources[2] = { { .events = POLLIN }, { .events = POLLIN } };
    struct utsname kernel;

    if (argc != 2) {
        fprintf(stderr, "usage: agent TERMINAL\n");
        return 2;
    }
    channel = open_channel(argv[1]);
    sources[0].fd = channel;
    sources[1].fd = open_events();
    uname(&kernel);
    agent_send("ready", "%s", kernel.release);

    for (;;) {
        if (poll(sources, 2, -1) < 0) {
            continue;
        }
        if (sources[1].revents) {
            from_kernel(sources[1].fd);
        }
        if (sources[0].revents) {
            from_host();
        }
    }
}
