# SPDX-License-Identifier: BSD-2-Clause
#
# make            builds everything into build/          V=1        shows each command
# make install    into the folders below                 SANITIZE=  address,undefined: instrumented, build folder of its own
# make demo       a real login with a mailed code        CC=clang   another compiler
# make test       everything that is checked by running  DESTDIR=   for packagers
# make lint       everything that is checked by reading

PREFIX     ?= /usr
SYSCONFDIR ?= /etc
STATEDIR   ?= /var/lib
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR     ?= $(PREFIX)/share/man
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
PAMDIR     ?= $(if $(wildcard /lib/$(MULTIARCH)/security),/lib/$(MULTIARCH)/security,$(if $(wildcard /lib64/security),/lib64/security,/lib/security))

ifeq ($(origin CC),default)
CC := gcc
endif

all:

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

comma := ,
BUILD := build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(filter-out gcc,$(CC)),-$(notdir $(CC)))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
HARDENING := $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fstack-clash-protection \
	-fno-delete-null-pointer-checks -fno-strict-overflow -ftrivial-auto-var-init=zero
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
LIB_SRC  := otp_core.c $(sort $(wildcard core/*.c trust/*.c store/*.c config/*.c deliver/*.c prompt/*.c))
HOOK_SRC := $(sort $(wildcard hook/*.c))
CLI_SRC  := $(sort $(wildcard cli/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
HOOK_OBJ := $(HOOK_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
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
$(MODULE): $(BUILD)/pam_otpcode.o $(LIB) pam_otpcode.map
	$(call say,LD,$@) $(CC) -shared $(ALL_LDFLAGS) -Wl,--version-script=pam_otpcode.map $(if $(SANITIZE),,-Wl,-z,defs) -o $@ $< $(LIB) -lpam -lcrypto

$(HOOK): $(HOOK_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) -pie $(ALL_LDFLAGS) -o $@ $(HOOK_OBJ) $(LIB) -lcurl -lcrypto

$(CLI): $(CLI_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) -pie $(ALL_LDFLAGS) -o $@ $(CLI_OBJ) $(LIB) -lsmartcols -ljansson -lcrypto

# Each tests/unit/test_*.c is a cmocka program of its own; helpers stand beside them without the prefix.
UNIT_SRC  := $(sort $(wildcard tests/unit/test_*.c))
UNIT_HELP := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)))
UNIT      := $(UNIT_SRC:%.c=$(BUILD)/%)
HOOK_LIB_OBJ := $(filter-out $(BUILD)/hook/otpcode-deliver.o,$(HOOK_OBJ))

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(UNIT_HELP) $(HOOK_LIB_OBJ) $(LIB)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $< $(UNIT_HELP) $(HOOK_LIB_OBJ) $(LIB) -lcmocka -lcurl -lcrypto

unit: $(UNIT)
	@for t in $(UNIT); do echo "== $$t"; $$t || exit 1; done

clean:
	rm -rf build build-*

-include $(LIB_OBJ:.o=.d) $(HOOK_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT:=.d) $(UNIT_HELP:.o=.d) $(BUILD)/pam_otpcode.d

.DELETE_ON_ERROR:
.PHONY: all unit clean FORCE
.SECONDARY:
FORCE:
