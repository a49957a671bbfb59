/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_LIST_H
#define OTPCODE_CONFIG_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes the next item off a list with commas between; blanks around an item are passed over. *rest then
 * stands on the item after it, or at the end. False for what is no list, and for an item that does not fit.
 */
bool list_take(const char **rest, char *item, size_t size);

#endif
