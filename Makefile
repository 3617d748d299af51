# SPDX-License-Identifier: GPL-2.0-or-later
#
# All work is done by the programs in scripts/; this file names it.
# `make help` lists the targets.

BUILD := build

.NOTPARALLEL:

.PHONY: all fork reference sanitizers qemu-tests install setup configured \
	check check-unit check-full check-qtest check-boot check-qemu bench \
	demo help clean distclean test-builds

all: configured                 ## build the fork, and what configure was told to add
	@scripts/build-qemu all

fork: configured                ## build build/qemu-system-x86_64 and -aarch64
	@scripts/build-qemu fork

reference: configured           ## build stock QEMU beside it, to compare with
	@scripts/build-qemu stock

sanitizers: configured          ## build x86_64 with address and undefined-behaviour sanitizers
	@scripts/build-qemu asan --tests

qemu-tests: configured          ## build the fork with QEMU's and our qtests
	@scripts/build-qemu fork --tests

install: fork                   ## install the fork under configure's --prefix (and DESTDIR)
	@scripts/install-qemu

check-unit:                     ## run unit tests: seconds, the models need no QEMU
	@scripts/setup unit
	@scripts/run-tests --tier unit

check-unit-%:
	@$(MAKE) --no-print-directory -f tests/unit/unit.mk $@

check: test-builds              ## build and run the tests that CI runs
	@scripts/run-tests --tier check

check-full: test-builds         ## run every test there is: hours
	@scripts/run-tests --tier full

check-qtest: test-builds        ## run the tests at QEMU's test interface
	@scripts/run-tests --kind qtest

check-qemu: qemu-tests          ## run QEMU's own tests on the fork
	@scripts/run-tests --kind qemu

check-boot: setup fork          ## run the tests with real guests
	@scripts/run-tests --kind boot

bench: setup qemu-tests reference     ## measure fork and stock, side by side
	@tests/bench/run

demo: setup fork reference      ## watch guests take devices; compare with stock
	@tests/boot/demo

setup:                          ## install the Debian packages that are missing
	@scripts/setup

help:                           ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | \
		while IFS='	' read -r target text; do \
			printf '  make %-12s %s\n' "$$target" "$$text"; done

clean:                          ## remove what was compiled, keep QEMU's source
	@rm -rf $(BUILD)/fork/obj $(BUILD)/fork/obj-asan $(BUILD)/stock/obj \
		$(BUILD)/report $(BUILD)/unit $(BUILD)/qemu-system-*

distclean:                      ## remove the whole build folder
	@rm -rf $(BUILD)

configured:
	@test -e $(BUILD)/config.mak || ./configure

test-builds: setup qemu-tests reference sanitizers
