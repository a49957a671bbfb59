# SPDX-License-Identifier: BSD-2-Clause
#
# make            builds everything into build/          V=1        shows each command
# make install    into the folders below                 SANITIZE=  address,undefined: instrumented, build folder of its own
# make uninstall  unless PAM or systemd still uses it    CC=clang   another compiler
# make deps       installs what building needs           DESTDIR=   for packagers
# make demo       a real login with a mailed code        WERROR=1   warnings are errors
# make test       everything that is checked by running  SECONDS=60 of make fuzz, for each target
# make lint       everything that is checked by reading
# make bench      what one mail costs, beside the curl command; what 100,000 users cost
# make format     clang-format on every source
#
# demo, test and lint install what they need first (packaging/deps); they install nothing where nothing is missing.

PREFIX     ?= /usr
SYSCONFDIR ?= /etc
STATEDIR   ?= /var/lib
LIBEXECDIR ?= $(PREFIX)/libexec
SBINDIR    ?= $(PREFIX)/sbin
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/pam_otpcode
SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
ifeq ($(origin CC),default)
CC := gcc
endif
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
PAMDIR     ?= $(if $(wildcard /lib/$(MULTIARCH)/security),/lib/$(MULTIARCH)/security,$(if $(wildcard /lib64/security),/lib64/security,/lib/security))

# Debian's own, whatever else stands in PATH: the packages of packaging/deps.txt are its.
PYTHON     ?= /usr/bin/python3
SECONDS    ?= 60

all:

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

comma := ,
BUILD := build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(filter-out gcc,$(CC)),-$(notdir $(CC)))

# The flag, if this compiler takes it (clang before 16 does not).
takes = $(shell echo 'int i;' | $(CC) -Werror $(1) -c -x c -o /dev/null - 2>/dev/null && echo $(1))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
HARDENING := $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fstack-clash-protection \
	-fno-delete-null-pointer-checks -fno-strict-overflow $(call takes,-ftrivial-auto-var-init=zero)
LINK_HARDENING := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed

CFLAGS   ?= -O2 -g
CPPFLAGS += -I. -D_GNU_SOURCE \
	-DOTPCODE_SYSCONFDIR='"$(SYSCONFDIR)/otpcode"' \
	-DOTPCODE_STATEDIR='"$(STATEDIR)/otpcode"' \
	-DOTPCODE_LIBEXECDIR='"$(LIBEXECDIR)/otpcode"'
ALL_CFLAGS = -std=c17 $(WARNINGS) $(HARDENING) $(if $(WERROR),-Werror) $(CFLAGS) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_LDFLAGS = $(LINK_HARDENING) $(LDFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE))

# What each part is made of; section 9 of the design: a file is found by its folder.
LIB_SRC  := otp_core.c $(sort $(wildcard core/*.c trust/*.c store/*.c config/*.c deliver/*.c contacts/*.c prompt/*.c))
HOOK_SRC := $(sort $(wildcard hook/*.c))
CLI_SRC  := $(sort $(wildcard cli/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
HOOK_OBJ := $(HOOK_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
MODULE_SRC := pam_otpcode.c $(sort $(wildcard pam/*.c))
MODULE_OBJ := $(MODULE_SRC:%.c=$(BUILD)/%.o)
# Of the hook the command has what reads a template, and nothing that needs libcurl.
TEMPLATE_OBJ := $(patsubst %,$(BUILD)/hook/%.o,template text gsm7 words words_sms)
LIB      := $(BUILD)/libotp.a
MODULE   := $(BUILD)/pam_otpcode.so
HOOK     := $(BUILD)/otpcode-deliver
CLI      := $(BUILD)/otpcode

all: $(MODULE) $(HOOK) $(CLI)

# Objects depend on the flags they were made with.
FLAGS_NOW = $(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' > $@

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fPIC -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

# The version script alone decides what is exported: with -fvisibility=hidden on top nothing was.
$(MODULE): $(MODULE_OBJ) $(LIB) pam_otpcode.map
	$(call say,LD,$@) $(CC) -shared $(ALL_LDFLAGS) -Wl,--version-script=pam_otpcode.map $(if $(SANITIZE),,-Wl,-z,defs) -o $@ $(MODULE_OBJ) $(LIB) -lpam -lcrypto

$(HOOK): $(HOOK_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) -pie $(ALL_LDFLAGS) -o $@ $(HOOK_OBJ) $(LIB) -lcurl -ljansson -lcrypto

$(CLI): $(CLI_OBJ) $(TEMPLATE_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) -pie $(ALL_LDFLAGS) -o $@ $(CLI_OBJ) $(TEMPLATE_OBJ) $(LIB) -lsmartcols -lqrencode -ljansson -lpam -lcrypto

# Tests. Every tests/*/test_*.c is a cmocka program of its own and is run; a file beside them without the prefix is a helper:
# linked into each program of tests/unit and tests/module, a program that other tests run in tests/fault and tests/e2e,
# and, named preload_*, a library for LD_PRELOAD. Every tests/fuzz/fuzz_*.c is a libFuzzer target.
UNIT_SRC    := $(sort $(wildcard tests/unit/test_*.c))
MODULE_SRC  := $(sort $(wildcard tests/module/test_*.c))
PRELOAD_SRC := $(sort $(wildcard tests/*/preload_*.c))
AID_SRC     := $(filter-out $(PRELOAD_SRC),$(sort $(wildcard tests/fault/*.c tests/e2e/*.c)))
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
UNIT_HELP   := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(UNIT_SRC) $(PRELOAD_SRC),$(wildcard tests/unit/*.c)))
MODULE_HELP := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MODULE_SRC) $(PRELOAD_SRC),$(wildcard tests/module/*.c)))
UNIT        := $(UNIT_SRC:%.c=$(BUILD)/%)
MODULE_TEST := $(MODULE_SRC:%.c=$(BUILD)/%)
PRELOAD     := $(PRELOAD_SRC:%.c=$(BUILD)/%.so)
AID         := $(AID_SRC:%.c=$(BUILD)/%)
REPLAY      := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(BUILD)/tests/fuzz/replay_%)
FUZZ        := $(FUZZ_SRC:%.c=$(BUILD)/%)
HOOK_LIB_OBJ := $(filter-out $(BUILD)/hook/otpcode-deliver.o,$(HOOK_OBJ))
PROGRAMS    := $(UNIT) $(MODULE_TEST) $(PRELOAD) $(AID) $(REPLAY)

$(UNIT): %: %.o $(UNIT_HELP) $(HOOK_LIB_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $< $(UNIT_HELP) $(HOOK_LIB_OBJ) $(LIB) -lcmocka -lcurl -ljansson -lcrypto

# -rdynamic: libpam finds the test's syslog first, so that a test reads the log.
$(MODULE_TEST): %: %.o $(MODULE_HELP) $(BUILD)/tests/unit/staging.o $(LIB)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -rdynamic -o $@ $< $(MODULE_HELP) $(BUILD)/tests/unit/staging.o $(LIB) -lcmocka -lpam -lcrypto

$(AID): %: %.o $(LIB)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $< $(LIB) -lcmocka -lpam -lcrypto

$(PRELOAD): %.so: %.o
	$(call say,LD,$@) $(CC) -shared $(ALL_LDFLAGS) -o $@ $<

# The inputs that a fuzzer found are run again by every make test, with any compiler.
$(REPLAY): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(HOOK_LIB_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $^ -lcurl -ljansson -lcrypto

$(FUZZ): %: %.o $(HOOK_LIB_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ -lcurl -ljansson -lcrypto

programs: all $(PROGRAMS)

unit: $(UNIT)
	@for t in $(UNIT); do echo "== $$t"; $$t || exit 1; done

# With every core, unless -j says otherwise.
SUBMAKE = +$(Q)$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

deps:
	$(Q)packaging/deps build

demo:
	$(Q)packaging/deps build demo
	$(SUBMAKE) all
	$(Q)$(PYTHON) -B tests/demo/demo.py --build $(BUILD)

test:
	$(Q)packaging/deps build demo test
	$(SUBMAKE) programs
	$(Q)$(PYTHON) -B tests/run --build $(BUILD) $(if $(SANITIZE),--sanitize $(SANITIZE)) \
		--make-variables '$(subst ','\'',$(MAKEOVERRIDES))'

# Numbers for people, each as a ratio within one run; no test looks at them.
bench:
	$(Q)packaging/deps build demo bench
	$(SUBMAKE) all $(filter $(BUILD)/tests/bench/% %/preload_users.so %/preload_peak.so,$(PRELOAD))
	$(Q)$(PYTHON) -B tests/bench/hook.py --build $(BUILD)
	$(Q)$(PYTHON) -B tests/bench/users.py --build $(BUILD)

lint:
	$(Q)packaging/deps build test lint
	$(Q)MAKE='$(MAKE)' tests/lint/run $(BUILD)

check-layers:
	$(Q)tests/lint/layers

# Each target for SECONDS; a finding is left in the folder's crash-* and belongs into tests/fuzz/corpus/NAME/.
fuzz:
	$(Q)packaging/deps build fuzz
	$(SUBMAKE) CC=clang BUILD=build-fuzz SANITIZE=fuzzer-no-link,address,undefined fuzz-programs
	$(Q)for f in $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%); do \
		mkdir -p build-fuzz/corpus/$$f && echo "== fuzz_$$f" && \
		build-fuzz/tests/fuzz/fuzz_$$f -max_total_time=$(SECONDS) -timeout=10 -artifact_prefix=build-fuzz/crash-$$f- \
			-verbosity=0 -print_final_stats=1 build-fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; done

fuzz-programs: $(FUZZ)

format:
	$(Q)clang-format -i $(shell find . -name '*.[ch]' -not -path './build*' -not -path './.git/*')

# A module or program in use is replaced by rename, never written into: a login under way keeps the one that it has.
put = install -d '$(DESTDIR)$(dir $(3))' && install -m $(1) '$(2)' '$(DESTDIR)$(3).new' && mv -f '$(DESTDIR)$(3).new' '$(DESTDIR)$(3)'
MAN := $(sort $(wildcard man/*.[1-8]))
# In the folders that README and the man pages name.
DOC := $(sort $(wildcard README.md LICENSE pam.d-example docs/*.md docs/schema/*.json conf/*.conf conf/*/*.conf conf/contacts conf/people))
UNITS := otpcode-deliver.socket otpcode-deliver@.service

# They name the hook where it is installed.
$(BUILD)/systemd/%: packaging/systemd/% $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,UNIT,$@) sed 's|/usr/libexec/otpcode/|$(LIBEXECDIR)/otpcode/|' '$<' >'$@'

install: all $(UNITS:%=$(BUILD)/systemd/%)
	$(call say,INSTALL,$(DESTDIR)$(PAMDIR)/pam_otpcode.so) $(call put,0644,$(MODULE),$(PAMDIR)/pam_otpcode.so)
	$(call say,INSTALL,$(DESTDIR)$(LIBEXECDIR)/otpcode/otpcode-deliver) $(call put,0755,$(HOOK),$(LIBEXECDIR)/otpcode/otpcode-deliver)
	$(call say,INSTALL,$(DESTDIR)$(LIBEXECDIR)/otpcode/otpcode-ldap-contacts) $(call put,0755,contacts/otpcode-ldap-contacts,$(LIBEXECDIR)/otpcode/otpcode-ldap-contacts)
	$(call say,INSTALL,$(DESTDIR)$(SBINDIR)/otpcode) $(call put,0755,$(CLI),$(SBINDIR)/otpcode)
	$(Q)$(foreach m,$(MAN),$(call put,0644,$(m),$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))) &&) :
	$(Q)$(foreach u,$(UNITS),$(call put,0644,$(BUILD)/systemd/$(u),$(SYSTEMDUNITDIR)/$(u)) &&) :
	$(Q)$(foreach d,$(DOC),$(call put,0644,$(d),$(DOCDIR)/$(d)) &&) :
	$(Q)install -d -m 0755 '$(DESTDIR)$(SYSCONFDIR)/otpcode' '$(DESTDIR)$(SYSCONFDIR)/otpcode/otpcode.conf.d'
	$(Q)f='$(DESTDIR)$(SYSCONFDIR)/otpcode/otpcode.conf'; if [ -e "$$f" ]; then echo "  KEPT    $$f"; \
		else echo "  INSTALL $$f"; install -m 0644 conf/otpcode.conf "$$f"; fi

# Units that run or are enabled would be left without their files.
uninstall:
	$(Q)packaging/named-by-pam '$(DESTDIR)$(SYSCONFDIR)' '$(DESTDIR)$(PREFIX)/lib'
	$(Q)for f in '$(DESTDIR)/run/otpcode/deliver.sock' \
		'$(DESTDIR)$(SYSCONFDIR)/systemd/system/sockets.target.wants/otpcode-deliver.socket'; do \
		if [ -e "$$f" ] || [ -L "$$f" ]; then echo "Not uninstalled: systemd still listens for the hook, or will at the" \
			"next boot ($$f). First: systemctl disable --now otpcode-deliver.socket" >&2; exit 1; fi; done
	$(Q)rm -f '$(DESTDIR)$(PAMDIR)/pam_otpcode.so' '$(DESTDIR)$(SBINDIR)/otpcode' \
		'$(DESTDIR)$(LIBEXECDIR)/otpcode/otpcode-deliver' '$(DESTDIR)$(LIBEXECDIR)/otpcode/otpcode-ldap-contacts' \
		$(foreach m,$(MAN),'$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m))') \
		$(foreach u,$(UNITS),'$(DESTDIR)$(SYSTEMDUNITDIR)/$(u)')
	$(Q)rm -rf '$(DESTDIR)$(DOCDIR)'
	$(Q)rmdir '$(DESTDIR)$(LIBEXECDIR)/otpcode' 2>/dev/null || :
	@echo 'Uninstalled. Left as they are: $(DESTDIR)$(SYSCONFDIR)/otpcode (configuration and host key),' \
		'$(DESTDIR)$(STATEDIR)/otpcode (who is enrolled), the user _otpcode, and what you put into sshd_config.d.'

# Where libpam looks for modules here; the tests put theirs there, in a private view of that folder.
print-pamdir:
	@echo '$(PAMDIR)'

clean:
	rm -rf build build-*

-include $(patsubst %,$(BUILD)/%.d,$(basename $(LIB_SRC) $(HOOK_SRC) $(CLI_SRC) $(MODULE_SRC) $(wildcard tests/*/*.c)))

.DELETE_ON_ERROR:
.PHONY: all programs unit deps demo test lint bench check-layers fuzz fuzz-programs format install uninstall print-pamdir clean FORCE
.SECONDARY:
FORCE:
