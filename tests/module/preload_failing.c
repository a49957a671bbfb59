/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Loaded before everything else: lets the n-th library call of the module fail, whatever call that is. Only
 * calls that come from pam_otpcode.so itself count.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

void preload_arm(unsigned fail_at, int error);
unsigned preload_calls(void);
const char *preload_failed(void);

static unsigned at, calls;
static int error_to_give;
static const char *failed_name = "";

void preload_arm(unsigned fail_at, int error)
{
	at = fail_at;
	calls = 0;
	error_to_give = error;
	failed_name = "";
}

unsigned preload_calls(void)
{
	return calls;
}

const char *preload_failed(void)
{
	return failed_name;
}

static bool fails(const void *caller, const char *name)
{
	Dl_info info;

	if (at == 0 || dladdr(caller, &info) == 0 || info.dli_fname == NULL ||
		strstr(info.dli_fname, "pam_otpcode.so") == NULL)
		return false;
	if (++calls != at)
		return false;
	failed_name = name;
	errno = error_to_give;
	return true;
}

/* One line a call: result type, name, parameters, arguments, what a failure gives. */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and parameter lists cannot stand in parentheses. */
#define FAILING(type, name, parameters, arguments, failure)                                                  \
	type name parameters;                                                                                \
	type name parameters                                                                                 \
	{                                                                                                    \
		static type(*real) parameters;                                                               \
		if (real == NULL)                                                                            \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                           \
		return fails(__builtin_return_address(0), #name) ? (failure) : real arguments;               \
	}

/* NOLINTEND(bugprone-macro-parentheses) */

FAILING(int, fdatasync, (int fd), (fd), -1)
FAILING(int, flock, (int fd, int operation), (fd, operation), -1)
FAILING(int, fstat, (int fd, struct stat *st), (fd, st), -1)
FAILING(int, fstatfs, (int fd, struct statfs *st), (fd, st), -1)
FAILING(int, pipe2, (int ends[2], int flags), (ends, flags), -1)
FAILING(int, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms), -1)
FAILING(ssize_t, pread, (int fd, void *buf, size_t len, off_t offset), (fd, buf, len, offset), -1)
FAILING(ssize_t, pwrite, (int fd, const void *buf, size_t len, off_t offset), (fd, buf, len, offset), -1)
FAILING(ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len), -1)
FAILING(ssize_t, write, (int fd, const void *buf, size_t len), (fd, buf, len), -1)
FAILING(int, getrlimit, (__rlimit_resource_t what, struct rlimit *limit), (what, limit), -1)
FAILING(int, setrlimit, (__rlimit_resource_t what, const struct rlimit *limit), (what, limit), -1)
FAILING(int, sync_file_range, (int fd, off64_t offset, off64_t len, unsigned flags), (fd, offset, len, flags),
	-1)
FAILING(int, gethostname, (char *name, size_t len), (name, len), -1)
FAILING(int, getresuid, (uid_t * r, uid_t *e, uid_t *s), (r, e, s), -1)
FAILING(int, sigpending, (sigset_t * set), (set), -1)
FAILING(int, sigprocmask, (int how, const sigset_t *set, sigset_t *old), (how, set, old), -1)
FAILING(int, pthread_sigmask, (int how, const sigset_t *set, sigset_t *old), (how, set, old), error_to_give)
FAILING(int, getpwnam_r,
	(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result),
	(name, entry, buffer, size, result), (*result = NULL, error_to_give))
FAILING(void *, malloc, (size_t size), (size), NULL)
FAILING(int, RAND_priv_bytes, (unsigned char *buf, int len), (buf, len), 0)
FAILING(int, EVP_Digest,
	(const void *data, size_t count, unsigned char *md, unsigned int *size, const EVP_MD *type,
		ENGINE *impl),
	(data, count, md, size, type, impl), 0)
FAILING(int, EVP_DigestInit_ex, (EVP_MD_CTX * ctx, const EVP_MD *type, ENGINE *impl), (ctx, type, impl), 0)
FAILING(int, EVP_DigestUpdate, (EVP_MD_CTX * ctx, const void *data, size_t len), (ctx, data, len), 0)
FAILING(int, EVP_DigestFinal_ex, (EVP_MD_CTX * ctx, unsigned char *md, unsigned int *len), (ctx, md, len), 0)
FAILING(EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NULL)
FAILING(EVP_KDF *, EVP_KDF_fetch, (OSSL_LIB_CTX * lib, const char *name, const char *properties),
	(lib, name, properties), NULL)
FAILING(EVP_KDF_CTX *, EVP_KDF_CTX_new, (EVP_KDF * kdf), (kdf), NULL)
FAILING(int, EVP_KDF_derive, (EVP_KDF_CTX * ctx, unsigned char *key, size_t len, const OSSL_PARAM params[]),
	(ctx, key, len, params), 0)
FAILING(EVP_MAC *, EVP_MAC_fetch, (OSSL_LIB_CTX * lib, const char *name, const char *properties),
	(lib, name, properties), NULL)
FAILING(EVP_MAC_CTX *, EVP_MAC_CTX_new, (EVP_MAC * mac), (mac), NULL)
FAILING(int, EVP_MAC_init,
	(EVP_MAC_CTX * ctx, const unsigned char *key, size_t len, const OSSL_PARAM params[]),
	(ctx, key, len, params), 0)
FAILING(int, EVP_MAC_update, (EVP_MAC_CTX * ctx, const unsigned char *data, size_t len), (ctx, data, len), 0)
FAILING(int, EVP_MAC_final, (EVP_MAC_CTX * ctx, unsigned char *out, size_t *len, size_t size),
	(ctx, out, len, size), 0)
FAILING(EVP_CIPHER *, EVP_CIPHER_fetch, (OSSL_LIB_CTX * lib, const char *name, const char *properties),
	(lib, name, properties), NULL)
FAILING(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), (), NULL)
FAILING(int, EVP_CIPHER_CTX_get_iv_length, (const EVP_CIPHER_CTX *ctx), (ctx), 0)
FAILING(int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX * ctx, int type, int arg, void *ptr), (ctx, type, arg, ptr),
	0)
FAILING(int, EVP_CipherInit_ex2,
	(EVP_CIPHER_CTX * ctx, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *iv,
		int enc, const OSSL_PARAM params[]),
	(ctx, cipher, key, iv, enc, params), 0)
FAILING(int, EVP_CipherUpdate,
	(EVP_CIPHER_CTX * ctx, unsigned char *out, int *out_len, const unsigned char *in, int in_len),
	(ctx, out, out_len, in, in_len), 0)
FAILING(int, EVP_CipherFinal_ex, (EVP_CIPHER_CTX * ctx, unsigned char *out, int *len), (ctx, out, len), 0)
FAILING(int, pam_get_user, (pam_handle_t * pamh, const char **user, const char *prompt), (pamh, user, prompt),
	PAM_CONV_ERR)
FAILING(int, pam_get_item, (const pam_handle_t *pamh, int item, const void **value), (pamh, item, value),
	PAM_SYSTEM_ERR)
FAILING(int, pam_get_data, (const pam_handle_t *pamh, const char *name, const void **data),
	(pamh, name, data), PAM_NO_MODULE_DATA)
FAILING(int, pam_set_data,
	(pam_handle_t * pamh, const char *name, void *data, void (*cleanup)(pam_handle_t *, void *, int)),
	(pamh, name, data, cleanup), PAM_BUF_ERR)
FAILING(const char *, pam_getenv, (pam_handle_t * pamh, const char *name), (pamh, name), NULL)

/* dlsym itself may allocate with calloc: until the real one is known, memory comes from here. */
void *calloc(size_t n, size_t size)
{
	static void *(*real)(size_t, size_t);
	static char early[4096];
	static size_t used;
	static bool looking;

	if (real == NULL && !looking) {
		looking = true;
		*(void **)&real = dlsym(RTLD_NEXT, "calloc");
		looking = false;
	}
	if (real == NULL) {
		void *piece = early + used;
		used += (n * size + 15) & ~(size_t)15;
		return used <= sizeof early ? piece : NULL;
	}
	return fails(__builtin_return_address(0), "calloc") ? NULL : real(n, size);
}

#define VARIADIC_MODE(flags) (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE)

int open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	mode_t mode = 0;
	va_list args;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "open");
	va_start(args, flags);
	if (VARIADIC_MODE(flags))
		mode = va_arg(args, mode_t);
	va_end(args);
	return fails(__builtin_return_address(0), "open") ? -1 : real(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	static int (*real)(int, const char *, int, ...);
	mode_t mode = 0;
	va_list args;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "openat");
	va_start(args, flags);
	if (VARIADIC_MODE(flags))
		mode = va_arg(args, mode_t);
	va_end(args);
	return fails(__builtin_return_address(0), "openat") ? -1 : real(folder, path, flags, mode);
}

int __openat_2(int folder, const char *path, int flags);
int __openat_2(int folder, const char *path, int flags)
{
	static int (*real)(int, const char *, int);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "__openat_2");
	return fails(__builtin_return_address(0), "openat") ? -1 : real(folder, path, flags);
}

int fcntl(int fd, int command, ...)
{
	static int (*real)(int, int, ...);
	va_list args;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fcntl");
	va_start(args, command);
	long argument = va_arg(args, long);
	va_end(args);
	return fails(__builtin_return_address(0), "fcntl") ? -1 : real(fd, command, argument);
}

/* clone and the thread's own setresuid: the module calls them as they are, past the C library. */
long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list args;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return fails(__builtin_return_address(0), "syscall")
		       ? -1
		       : real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
