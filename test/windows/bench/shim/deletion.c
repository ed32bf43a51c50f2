/*
 * Deletion of streams, and attributes. wineserver unlinks a stream while a descriptor of it is still open; libfuse then tries to rename it out
 * of the way, which ntfs-3g refuses, and Wine reports success with the stream still there. So handles that are streams marked
 * for deletion are remembered, and the stream is unlinked again after the real close. Where another handle holds it still, it is
 * unlinked after the close that lets go of it; by another program's close it is not.
 */
#include "shim.h"

enum { CLASS_BASIC = 4, CLASS_DISPOSITION = 13, CLASS_DISPOSITION_EX = 64, IGNORE_READONLY = 0x10 };

typedef struct pending_delete
{
    struct pending_delete *next;
    HANDLE handle;
    char path[1];
} pending_delete;
static pending_delete *volatile pending;
static pending_delete *volatile held; /* marked, closed, and open through another handle */
static SRWLOCK pending_lock = SRWLOCK_INIT;

static pending_delete *take_pending(HANDLE h)
{
    pending_delete **pp, *found = NULL;
    if (!pending) return NULL; /* the usual case, on every NtClose of the process */
    AcquireSRWLockExclusive(&pending_lock);
    for (pp = (pending_delete **)&pending; *pp; pp = &(*pp)->next)
        if ((*pp)->handle == h) { found = *pp; *pp = found->next; break; }
    ReleaseSRWLockExclusive(&pending_lock);
    return found;
}

static void add_pending(HANDLE h, const char *path)
{
    pending_delete *p = xalloc(sizeof *p + strlen(path));
    p->handle = h;
    strcpy(p->path, path);
    AcquireSRWLockExclusive(&pending_lock);
    p->next = pending;
    pending = p;
    ReleaseSRWLockExclusive(&pending_lock);
}

/* False while ntfs-3g sees it open, which it says by EINVAL. Its release is asynchronous. */
static int is_unlinked(const char *path, int tries)
{
    linux_stat s;
    while (tries-- && !linux_lstat(path, &s))
    {
        if (linux_unlink(path) != -LINUX_EINVAL) return 1;
        linux_yield();
    }
    return tries >= 0;
}

static void unlink_held(void)
{
    AcquireSRWLockExclusive(&pending_lock);
    for (pending_delete **pp = (pending_delete **)&held; *pp;)
    {
        pending_delete *p = *pp;
        if (!is_unlinked(p->path, 1)) { pp = &p->next; continue; }
        *pp = p->next;
        xfree(p);
    }
    ReleaseSRWLockExclusive(&pending_lock);
}

int is_held(HANDLE h)
{
    int found = 0;
    if (!held) return 0;
    char *path = xalloc(UNIX_PATH);
    if (!handle_path(h, path))
    {
        AcquireSRWLockShared(&pending_lock);
        for (pending_delete *p = held; p && !found; p = p->next) found = !strcmp(p->path, path);
        ReleaseSRWLockShared(&pending_lock);
    }
    xfree(path);
    return found;
}

NTSTATUS WINAPI hook_close(HANDLE h)
{
    pending_delete *p = take_pending(h);
    NTSTATUS st = real_close(h);
    if (held) unlink_held();
    if (!p) return st;
    if (st || is_unlinked(p->path, 200))
    {
        xfree(p);
        return st;
    }
    AcquireSRWLockExclusive(&pending_lock);
    p->next = held;
    held = p;
    ReleaseSRWLockExclusive(&pending_lock);
    return st;
}

/* Attributes go to ntfs-3g, times to Wine. */
static NTSTATUS set_basic(HANDLE h, IO_STATUS_BLOCK *io, const FILE_BASIC_INFORMATION *given)
{
    FILE_BASIC_INFORMATION basic = *given;
    char *path = xalloc(UNIX_PATH);
    int ours = !handle_base_path(h, path) && has_streams(path);
    if (ours) basic.FileAttributes = 0;
    NTSTATUS st = real_set_file(h, io, &basic, sizeof basic, CLASS_BASIC);
    if (!st && ours && given->FileAttributes && !set_ntfs_attributes(path, given->FileAttributes)) st = STATUS_ACCESS_DENIED;
    xfree(path);
    return st;
}

/* SIDESTREAM_SHIM_OLD=1: as before Windows 10 1607, without FileDispositionInformationEx. */
static int is_old_windows(void)
{
    char value[4];
    return GetEnvironmentVariableA("SIDESTREAM_SHIM_OLD", value, sizeof value) != 0;
}

NTSTATUS WINAPI hook_set_file(HANDLE h, IO_STATUS_BLOCK *io, void *buf, ULONG len, ULONG cls)
{
    if (cls == CLASS_BASIC && len >= sizeof(FILE_BASIC_INFORMATION)) return set_basic(h, io, buf);
    if (cls != CLASS_DISPOSITION && cls != CLASS_DISPOSITION_EX) return real_set_file(h, io, buf, len, cls);
    if (len < (cls == CLASS_DISPOSITION ? 1 : 4)) return STATUS_INFO_LENGTH_MISMATCH;
    if (cls == CLASS_DISPOSITION_EX && is_old_windows()) return STATUS_INVALID_INFO_CLASS;
    ULONG flags = cls == CLASS_DISPOSITION ? *(BOOLEAN *)buf : *(ULONG *)buf;
    BOOLEAN del = (BOOLEAN)(flags & 1);
    uint32_t attributes = 0;
    char *path = xalloc(UNIX_PATH), *colon = NULL;
    NTSTATUS st = STATUS_INVALID_INFO_CLASS;
    if (!handle_path(h, path) && (colon = stream_colon(path)))
    {
        *colon = 0;
        ntfs_attributes(path, &attributes);
        *colon = ':';
    }
    if (!colon) st = real_set_file(h, io, buf, len, cls); /* an ordinary file keeps what Wine can do */
    else if (del && (attributes & FILE_ATTRIBUTE_READONLY) && !(cls == CLASS_DISPOSITION_EX && (flags & IGNORE_READONLY)))
        st = STATUS_CANNOT_DELETE;
    else st = real_set_file(h, io, &del, sizeof del, CLASS_DISPOSITION);
    if (!st)
    {
        xfree(take_pending(h));
        if (del && colon) add_pending(h, path);
    }
    xfree(path);
    return st;
}
