/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_MODULE_FILE_H
#define OTPCODE_CLI_MODULE_FILE_H

#include <stdbool.h>

/* Where PAM modules are, and what machine a file was built for. */

#define MODULE_FOLDER_SIZE 256

/* Where libpam looks: the folder in which its own modules, of this machine's architecture, stand. */
bool module_folder_find(char out[MODULE_FOLDER_SIZE]);

/* A file of that name in another folder where somebody may have put it. */
bool module_find_elsewhere(const char *name, const char *not_this, char out[MODULE_FOLDER_SIZE + 64]);

struct module_kind {
	unsigned machine, bits; /* e_machine of elf(5); 32 or 64 */
};

/* False: no ELF file. */
bool module_kind_of(const char *path, struct module_kind *out);

#endif
