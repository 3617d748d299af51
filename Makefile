# SPDX-License-Identifier: GPL-2.0-or-later

BUILD = build
CONFIG = $(BUILD)/config.mak

all: fork                       ## build the fork (and what configure was told to add)

-include $(CONFIG)

$(CONFIG):
	./configure

fork: $(CONFIG)                 ## build build/qemu-system-x86_64 and -aarch64
	@scripts/build-qemu fork

reference: $(CONFIG)            ## build stock QEMU beside it, to compare with
	@scripts/build-qemu stock

sanitizers: $(CONFIG)           ## build x86_64 with address and undefined-behaviour sanitizers
	@scripts/build-qemu asan

qemu-tests: $(CONFIG)           ## build QEMU's and our qtests
	@scripts/build-qemu fork --tests
