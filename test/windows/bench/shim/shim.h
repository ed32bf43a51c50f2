/*
 * NTFS alternate data streams for Windows programs under Wine. A test aid: never ship it.
 *
 * Wine knows streams only by accident: on a volume mounted by `ntfs-3g -o streams_interface=windows` the path
 * "file:stream" opens the stream, but Wine cannot list streams, reports other volume flags, does not parse
 * ":s:$DATA" relative to a handle, and fails to delete a stream that is open. Loaded into a Windows process under
 * Wine, this DLL answers those calls from the real ntfs-3g volume. The program under test stays unmodified.
 *
 * It reaches Linux with raw system calls and with exports that only Wine's ntdll has. On Windows it refuses to load.
 *
 * Limits: allocated sizes are derived; over 64 KiB of stream names on one file is beyond what Linux passes; a POSIX
 * deletion takes effect when its handle is closed.
 */
#ifndef SHIM_H
#define SHIM_H

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <winternl.h>
#include <ntstatus.h>
#include <stdint.h>
#include <string.h>

enum
{
    UNIX_PATH = 8192,
    NAME_ROOM = 2048, /* room behind a path for ":stream" */
    LIST_MAX = 65536, /* XATTR_SIZE_MAX: Linux passes no more */
};

/* ---------- linux.c: the Linux side ---------- */

typedef struct
{
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad;
    uint64_t rdev;
    int64_t size, blksize, blocks;
    uint64_t rest[9];
} linux_stat;

int linux_lstat(const char *path, linux_stat *st);
int linux_unlink(const char *path); /* 0 or -errno */
void linux_yield(void);
int64_t linux_cluster_size(const char *path); /* 0: unknown */
int is_regular(const linux_stat *st);
int is_folder(const linux_stat *st);

/* Up to `size` bytes from `offset` of a file; how many, or -errno. */
long long linux_read(const char *path, void *buf, size_t size, int64_t offset);

/* Names separated by NUL. Their length, or -errno: not on an ntfs-3g mount with streams_interface=windows. */
long long stream_list(const char *base, char *buf, size_t size);
int has_streams(const char *base);

/* Attributes that Wine does not keep on such a mount: read-only, hidden, system, archive, temporary, offline, not indexed. */
#define SHOWN_ATTRIBUTES 0x3127u
int ntfs_attributes(const char *base, uint32_t *attributes);
int set_ntfs_attributes(const char *base, uint32_t attributes);
size_t units_of(const char *bytes, WCHAR *out, size_t room);

enum { LINUX_EINVAL = 22, LINUX_ENODATA = 61, LINUX_EOPNOTSUPP = 95 };

/* The Linux path behind a handle, and of the file itself where the handle is on one of its streams. */
NTSTATUS handle_path(HANDLE h, char *out);
NTSTATUS handle_base_path(HANDLE h, char *out);
int handle_has_streams(HANDLE h);
char *stream_colon(const char *path); /* the ':' in the last component, or NULL */

void *xalloc(size_t n);
void xfree(void *p);
int linux_ready(HMODULE ntdll); /* false: this is not Wine */

extern NTSTATUS (CDECL *wine_unix_to_nt)(const char *path, WCHAR *nt, ULONG *size);

/* ---------- the hooks, and what they stand for ---------- */

typedef NTSTATUS (WINAPI *file_information)(HANDLE, IO_STATUS_BLOCK *, void *, ULONG, ULONG);
typedef NTSTATUS (WINAPI *create_file)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *, ULONG,
                                       ULONG, ULONG, ULONG, void *, ULONG);
typedef NTSTATUS (WINAPI *query_directory)(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, void *, ULONG, ULONG, BOOLEAN,
                                           UNICODE_STRING *, BOOLEAN);

extern file_information real_query_file, real_set_file, real_query_volume;
extern create_file real_create;
extern query_directory real_query_directory;
extern NTSTATUS (WINAPI *real_close)(HANDLE);

/* listing.c */
NTSTATUS query_streams(HANDLE h, IO_STATUS_BLOCK *io, char *buf, ULONG len);
NTSTATUS WINAPI hook_query_file(HANDLE h, IO_STATUS_BLOCK *io, void *buf, ULONG len, ULONG cls);
NTSTATUS WINAPI hook_query_volume(HANDLE h, IO_STATUS_BLOCK *io, void *buf, ULONG len, ULONG cls);
/* file_ids.c: Wine knows the record number, NTFS file references also hold the record's sequence number */
uint64_t with_sequence(const char *path, uint64_t record);
NTSTATUS WINAPI hook_query_directory(HANDLE h, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *io, void *buf, ULONG len,
                                     ULONG cls, BOOLEAN single, UNICODE_STRING *pattern, BOOLEAN restart);
/* deletion.c */
NTSTATUS WINAPI hook_set_file(HANDLE h, IO_STATUS_BLOCK *io, void *buf, ULONG len, ULONG cls);
NTSTATUS WINAPI hook_close(HANDLE h);
int is_held(HANDLE h); /* on a stream that is marked for deletion and goes with its last handle */
/* names.c */
NTSTATUS WINAPI hook_create(HANDLE *h, ACCESS_MASK access, OBJECT_ATTRIBUTES *oa, IO_STATUS_BLOCK *io, LARGE_INTEGER *size,
                            ULONG attributes, ULONG sharing, ULONG disposition, ULONG options, void *ea, ULONG ea_len);
/* journal.c */
NTSTATUS WINAPI hook_fs_control(HANDLE h, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *io, ULONG code, void *in,
                                ULONG in_size, void *out, ULONG out_size);
extern NTSTATUS (WINAPI *real_fs_control)(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG);

#endif
