/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/mend.h"

#include <string.h>

/* The first row that fits counts, so a narrower one stands above a wider one. */
static const struct row {
	const char *begins; /* what the reason begins with; NULL: anything */
	const char *holds;  /* and what stands in it, in any case; NULL: anything */
	struct mend mend;
} rows[] = {
	{"host name not found: ", NULL,
		{"dns", "check the host in url, and that this host can look it up (getent hosts NAME)"}},
	{"name of the proxy not found", NULL, {"dns", "check the host in proxy"}},
	{"proxy failed", NULL,
		{"proxy", "check proxy, and that it lets this host through to the gateway's port"}},
	{"connection refused at ", NULL,
		{"refused", "nothing listens there: check the port in url, and that the server runs"}},
	{"cannot connect to ", NULL,
		{"connect", "check the host and port in url, and the routes and firewalls on the way"}},
	{"no answer in time from ", NULL,
		{"timeout", "a firewall may swallow the connection, or the port speaks something else: check "
			    "host and port in url"}},
	{"no answer to the message from ", NULL,
		{"timeout",
			"the provider's own log says whether it has the message; --verbose shows how far it "
			"went"}},
	{NULL, " offers no STARTTLS",
		{"tls-missing",
			"use a port of the relay that has TLS: often smtp://HOST:587 or smtps://HOST:465"}},
	{"certificate not trusted: ", "subject name",
		{"tls-name", "the certificate is for another name: write that one into url"}},
	{"certificate not trusted: ", "expired",
		{"tls-expired", "the server's certificate has expired, or this host's clock is wrong"}},
	{"certificate not trusted: ", NULL,
		{"tls-trust", "set ca_file to the certificate of the authority that signed it"}},
	{"ca_file for ", NULL, {"tls-trust", "put the authority's certificate, as PEM, into ca_file"}},
	{"client certificate for ", NULL,
		{"tls-client", "check client_cert and client_key: PEM, and belonging together"}},
	{"TLS with ", NULL,
		{"tls", "the port may not begin with TLS (smtp:// does not), or the server has only TLS "
			"older than 1.2"}},
	{"login refused: ", " offers neither AUTH",
		{"login", "sign in where the relay allows it, often smtp://HOST:587, or leave username out"}},
	{"login refused: 4", NULL,
		{"server", "the relay cannot check logins now: try later, and see its log"}},
	{"login refused: ", NULL, {"login", "check username and the first line of password_file"}},
	{"sender refused: 4", NULL,
		{"quota", "the relay takes nothing from this sender for now: a rate or quota, or its disk is "
			  "full; wait, or have it raised"}},
	{"sender refused: ", NULL,
		{"sender", "set [email] from to an address that this relay, or this login, may send as"}},
	{"recipient refused: ", "relay",
		{"relaying", "the relay does not take mail for others from this host: set username and "
			     "password_file, or allow this host there"}},
	{"recipient refused: ", "quota", {"quota", "the mailbox is full: its owner must make room"}},
	{"recipient refused: ", "full", {"quota", "the mailbox is full: its owner must make room"}},
	{"recipient refused: 4", NULL,
		{"recipient",
			"not now: a server that greylists takes it some minutes later; have it know this "
			"host, or use a relay that it knows"}},
	{"recipient refused: ", NULL,
		{"recipient", "check the address; if it is right, ask whoever runs the server"}},
	{"message refused: 4", NULL,
		{"server", "the server cannot take it now: its words say why; try later, and see its log"}},
	{"message refused: ", NULL,
		{"content", "the server did not like the message: its words say why; SPF and DKIM of from's "
			    "domain often matter"}},
	{"HTTP 401", NULL,
		{"login", "the gateway does not know this key: check username, password_file and auth"}},
	{"HTTP 403", NULL,
		{"login", "the gateway knows the key and forbids this: check its rights, allowed addresses "
			  "and the sender"}},
	{"HTTP 402", NULL, {"quota", "the gateway's account is out of credit"}},
	{"HTTP 429", NULL, {"quota", "too many messages for the gateway's limit: wait, or have it raised"}},
	{"HTTP 408", NULL, {"server", "the gateway was too slow: try later, and see its status page"}},
	{"HTTP 404", NULL, {"url", "check the path of url, and what was to be filled in there"}},
	{"HTTP 405", NULL, {"url", "check method"}},
	{"HTTP 4", "credit", {"quota", "the gateway's account is out of credit"}},
	{"HTTP 4", "balance", {"quota", "the gateway's account is out of credit"}},
	{"HTTP 4", "number",
		{"number", "the gateway did not like a number: it may want {to_digits} in place of {to}, or "
			   "another from"}},
	{"HTTP 4", "phone",
		{"number", "the gateway did not like a number: it may want {to_digits} in place of {to}, or "
			   "another from"}},
	{"HTTP 4", "'To'",
		{"number", "the gateway did not like the number: it may want {to_digits} in place of {to}"}},
	{"HTTP 5", NULL, {"server", "the gateway itself has trouble: try later, and see its status page"}},
	{"HTTP 4", NULL,
		{"request", "check form, json and header.N against what the gateway documents; --verbose "
			    "shows the request"}},
	{"HTTP 2", NULL,
		{"answer", "the gateway answered, but not as success_status, success_json and success_text "
			   "say; --verbose shows the answer"}},
	{"a redirect", NULL, {"url", "write the address where it leads into url, if you trust it"}},
	/* Said before anything was asked: to the connection, or to who we are. */
	{"4", NULL, {"server", "the relay lets nobody in now, or this host not: try later, and see its log"}},
	{"5", NULL,
		{"server", "the relay does not talk to this host: allow it there, and check host and port in "
			   "url"}},
	{"[sms] allow_prefixes", NULL,
		{"prefixes", "add the country to [sms] allow_prefixes if codes may go there"}},
	{NULL, " allow_prefixes ",
		{"prefixes", "add the country to [sms] allow_prefixes if codes may go there"}},
	/* The hook itself. */
	{"delivery.hook: ", ": No such file or directory",
		{"hook", "check delivery.hook, and that otpcode-deliver is installed there"}},
	{NULL, " ended without a verdict",
		{"hook", "run delivery.hook by hand with --help: it may miss a library; the log (authpriv) "
			 "may say more"}},
	{NULL, " ended in the middle of its verdict",
		{"hook", "the program that delivery.hook names does not speak the protocol of a hook"}},
	{NULL, ": not a verdict: ",
		{"hook", "the program that delivery.hook names does not speak the protocol of a hook"}},
	{"cannot run ", NULL,
		{"command",
			"the program, or the interpreter in its first line, is missing or not executable"}},
	{"/", ": No such file or directory",
		{"command", "check the path, and that what it belongs to is installed"}},
	{"/", ": Permission denied",
		{"trust",
			"delivery.hook_user must be able to read it: chgrp to the group of that user, chmod "
			"0640; and to enter the folders above it"}},
	{"/", ": everybody may read it",
		{"trust", "chmod 0640, and chgrp to the group of delivery.hook_user"}},
	{"/", "the first line must be a password",
		{"login", "write the password into that file: one line, nothing before it"}},
	{NULL, "must be executable", {"command", "make the program executable: chmod 0755"}},
	{NULL, "lets others than its owner write",
		{"trust", "make it root's and writable by root alone: chown root, chmod go-w"}},
	{NULL, "must be owned by uid", {"trust", "make it root's: chown root"}},
	{NULL, "did not read the message in time",
		{"timeout", "the program must read its standard input, and not ask anybody"}},
	{NULL, "read nothing of the message",
		{"command", "the program must take the message from its standard input"}},
	{NULL, "exited with 126 ",
		{"command", "what the script calls is not executable for delivery.hook_user"}},
	{NULL, "exited with 127 ",
		{"command",
			"the script calls a program that is not in the usual places: write its whole path"}},
	{NULL, "(EX_USAGE)", {"command", "check the arguments in command"}},
	{NULL, "(EX_CONFIG)",
		{"command",
			"the program's own configuration is at fault, or delivery.hook_user cannot read it"}},
	{NULL, "(EX_NOPERM)",
		{"login", "the program's login was refused, or delivery.hook_user may not use it"}},
	{NULL, "(EX_NOUSER)", {"recipient", "check the address"}},
	{NULL, "(EX_NOHOST)",
		{"dns", "the program could not look up a host: check its configuration and the address"}},
	{NULL, "(EX_TEMPFAIL)", {"server", "the program could not send it now: see its log"}},
};

static bool fits(const struct row *row, const char *reason)
{
	return (row->begins == NULL || strncmp(reason, row->begins, strlen(row->begins)) == 0) &&
	       (row->holds == NULL || strcasestr(reason, row->holds) != NULL);
}

const struct mend *mend_at(size_t index)
{
	return index < sizeof rows / sizeof *rows ? &rows[index].mend : NULL;
}

const struct mend *mend_find(const char *reason)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (fits(&rows[i], reason))
			return &rows[i].mend;
	return NULL;
}
