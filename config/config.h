/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_CONFIG_H
#define OTPCODE_CONFIG_CONFIG_H

#include "core/contact.h"
#include "core/policy.h"
#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CONFIG_PATH_SIZE 256
#define CONFIG_NAME_SIZE 33
#define CONFIG_PROVIDERS_MAX 16
#define CONFIG_CHANNEL_PROVIDERS_MAX 8
#define CONFIG_FILE_MAX 65536
#define CONFIG_DROPINS_MAX 64
#define CONFIG_RANGE_SIZE 80
#define CONFIG_URL_SIZE 321
#define CONFIG_HEADERS_MAX 8
#define CONFIG_HEADER_SIZE 257
#define CONFIG_BODY_SIZE 1025
#define CONFIG_COMMAND_SIZE 257
#define CONFIG_VALUE_SIZE CONFIG_BODY_SIZE /* a value as it would be written */

enum config_unenrolled {
	CONFIG_UNENROLLED_DENY,
	CONFIG_UNENROLLED_IGNORE, /* the one way to PAM_IGNORE */
};

/* Where contacts live. */
enum config_contacts_from {
	CONFIG_CONTACTS_RECORD,  /* in the user's record: the command enters them */
	CONFIG_CONTACTS_FILE,    /* in one file of root's */
	CONFIG_CONTACTS_COMMAND, /* a command says them */
};

struct config_contacts {
	enum config_contacts_from from;
	char where[CONFIG_COMMAND_SIZE]; /* a path; or a program and its arguments, in which {user} stands */
};

enum config_reveal {
	CONFIG_REVEAL_MASKED, /* masked addresses, and what is wrong */
	CONFIG_REVEAL_NONE,   /* not even whether there is such a user */
};

enum config_tls {
	CONFIG_TLS_REQUIRED, /* verified; the default anywhere but on loopback */
	CONFIG_TLS_NONE,     /* plain; only to loopback, where it is the default */
};

enum config_provider_kind {
	CONFIG_PROVIDER_SMTP,
	CONFIG_PROVIDER_HTTP,
	CONFIG_PROVIDER_COMMAND,
};

enum config_method {
	CONFIG_METHOD_POST,
	CONFIG_METHOD_GET,
	CONFIG_METHOD_PUT,
};

enum config_auth {
	CONFIG_AUTH_NONE,
	CONFIG_AUTH_BASIC,  /* the default with a username */
	CONFIG_AUTH_BEARER, /* the default with a password_file alone that no placeholder stands for */
	CONFIG_AUTH_AWS_SIGV4,
};

enum config_body_kind {
	CONFIG_BODY_NONE,
	CONFIG_BODY_FORM, /* application/x-www-form-urlencoded */
	CONFIG_BODY_JSON, /* application/json */
};

struct config_body {
	enum config_body_kind kind;
	char text[CONFIG_BODY_SIZE];
};

/* [provider NAME]: one way to send. Texts with {placeholders}: config/placeholder.h. */
struct config_provider {
	char name[CONFIG_NAME_SIZE];
	enum config_provider_kind kind; /* by its url, or command */
	char url[CONFIG_URL_SIZE];      /* of http and https the query has placeholders */
	char username[CONFIG_NAME_SIZE * 2];
	char password_file[CONFIG_PATH_SIZE]; /* root:_otpcode 0640; its first line */
	enum config_tls tls;
	char ca_file[CONFIG_PATH_SIZE]; /* empty: the system's */
	/* What follows is for http and https. */
	enum config_method method;
	char headers[CONFIG_HEADERS_MAX][CONFIG_HEADER_SIZE]; /* with placeholders; any may be empty */
	struct config_body body;                              /* with placeholders */
	enum config_auth auth;
	char sigv4[65];
	char client_cert[CONFIG_PATH_SIZE], client_key[CONFIG_PATH_SIZE];
	char proxy[CONFIG_URL_SIZE];
	char success_status[65]; /* see gateway_status_is_in */
	char success_json[129];  /* path.to.member=value */
	char success_text[65];
	char error_json[97];               /* path.to.member */
	char command[CONFIG_COMMAND_SIZE]; /* a program, and arguments with placeholders:
					      config/command_line.h */
};

/* [email], [sms]: the providers of a channel in the order in which they are tried. */
struct config_channel {
	char providers[CONFIG_CHANNEL_PROVIDERS_MAX][CONFIG_NAME_SIZE];
	unsigned providers_n;
	char from[CONTACT_ADDRESS_SIZE];      /* SMS: what gateways take for a sender; may be empty */
	char template_file[CONFIG_PATH_SIZE]; /* empty: the built-in text */
};

#define CONFIG_PREFIXES_MAX 32
#define CONFIG_PREFIX_SIZE 17 /* '+' and at most 15 digits (ITU-T E.164) */

/* [sms] allow_prefixes: how a number begins that may be texted to. */
struct config_prefixes {
	bool any; /* all of them */
	char list[CONFIG_PREFIXES_MAX][CONFIG_PREFIX_SIZE];
	unsigned n;
};

/* Everything that configuration decides, whole and within its ranges; there is no half-read one. */
struct config {
	char path[CONFIG_PATH_SIZE]; /* the main file: the hook gets it as its argument */
	struct policy policy;        /* [code], [limits], [devices] */
	struct {
		bool echo;
		enum config_reveal reveal;
		unsigned max_prompts; /* 1..20 */
		char support[65];     /* printable ASCII; empty: no "Help:" in the texts */
	} prompt;
	struct {
		enum config_unenrolled unenrolled;
		struct config_contacts contacts;
		char contacts_user[CONFIG_NAME_SIZE]; /* whom the command runs as; set where there is one */
		int contacts_wait_s;                  /* 1..30 */
		char people[CONFIG_PATH_SIZE];        /* empty: nobody shares an account */
	} users;
	struct {
		char hook[CONFIG_PATH_SIZE];
		char hook_user[CONFIG_NAME_SIZE];
		int wait_s;                   /* 1..60 */
		char host_name[65];           /* empty: the system's */
		struct otp_channels channels; /* those that are used; each has providers */
	} delivery;
	struct config_channel email, sms;
	struct config_prefixes allow_prefixes; /* of [sms] */
	struct config_provider providers[CONFIG_PROVIDERS_MAX];
	unsigned providers_n;
	struct {
		bool forgotten; /* otpcode passwd may replace a password for codes */
	} passwd;
	struct {
		char path[CONFIG_PATH_SIZE];
		char key[CONFIG_PATH_SIZE];
	} store;
};

/*
 * Reads PATH (absolute; NULL: the compiled-in default), then every .conf file of otpcode.conf.d in PATH's
 * folder, in byte order, then the module arguments ("section.key=value"; "conf=PATH" is passed over, see
 * config_conf_argument). Each file is opened under trust rules for owner. OTP_ERR_CONFIG with "FILE:LINE:
 * ...", "FILE: ..." or "argument section.key=value: ..." and what would be right; OTP_ERR_IO or
 * OTP_ERR_NO_MEMORY where the system failed. With any error out is all zero.
 */
__attribute__((warn_unused_result)) enum otp_err config_load(const char *path, uid_t owner, int args_n,
	const char *const *args, struct config *out, struct otp_why *why);

/*
 * Finds conf=PATH among module arguments (an absolute path; given twice is an error). *path is NULL where
 * there is none.
 */
__attribute__((warn_unused_result)) enum otp_err config_conf_argument(
	int args_n, const char *const *args, const char **path, struct otp_why *why);

/* Settings of a provider that nobody has set. */
struct config_provider config_provider_default(void);

const struct config_channel *config_find_channel(const struct config *config, enum channel channel);

/*
 * Whether anything may be sent to this contact: OTP_ERR_INVALID, with the list, for a phone number that
 * begins with none of [sms] allow_prefixes. To be asked when a contact is entered, and again before a send.
 */
__attribute__((warn_unused_result)) enum otp_err config_allows(
	const struct config *config, const struct contact *contact, struct otp_why *why);

/* The provider of that name, or NULL. */
const struct config_provider *config_find_provider(const struct config *config, const char *name);

/*
 * Calls visit for each key of the table with its value as it would be written, and where it came from
 * ("FILE:LINE" or "default"), for config show. section is "provider NAME" for each provider's keys. A fault
 * is found before the first call.
 */
typedef void config_visit(
	void *ctx, const char *section, const char *key, const char *value, const char *source);
__attribute__((warn_unused_result)) enum otp_err config_show(
	const char *path, uid_t owner, config_visit *visit, void *ctx, struct otp_why *why);

/*
 * The table of keys, for documentation and its checks: walk by index until false. section is "provider" for
 * provider keys.
 */
struct config_key_facts {
	const char *section, *key, *help;
	char default_text[CONFIG_VALUE_SIZE];
	char range_text[CONFIG_RANGE_SIZE];
	bool argument; /* may be given as a module argument */
};
bool config_key_at(size_t index, struct config_key_facts *out);

#endif
