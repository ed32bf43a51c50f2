/* FileStreamInformation, which Wine lacks, and the volume's name and flags as NTFS reports them. */
#include "shim.h"

enum
{
    CLASS_BASIC = 4,    /* FileBasicInformation */
    CLASS_INTERNAL = 6, /* FileInternalInformation */
    CLASS_STREAM = 22,  /* FileStreamInformation */
    CLASS_FS_VOLUME = 1,
    CLASS_FS_ATTRIBUTE = 5,
    NTFS_FLAGS = 0x03E700FF, /* 0x40000 is FILE_NAMED_STREAMS */
    MADE_UP_SERIAL = 0x4e544653,
    ENTRY_NAME = 24,
};

typedef struct
{
    ULONG next, name_length;
    LARGE_INTEGER size, allocation_size;
    WCHAR name[1];
} stream_entry;

typedef struct
{
    char *buf, *cur;
    ULONG len;
    stream_entry *last;
} entry_writer;

static LONGLONG allocation_size(const linux_stat *st, LONGLONG cluster)
{
    LONGLONG a = st->blocks * 512;
    if (a < st->size || (cluster && a % cluster)) a = (st->size + 7) & ~7LL; /* resident in the MFT record */
    return a;
}

static NTSTATUS put_entry(entry_writer *w, const WCHAR *name, ULONG chars, const linux_stat *st, LONGLONG cluster)
{
    char *at = w->last ? w->buf + ((w->cur - w->buf + 7) & ~7) : w->cur;
    if ((size_t)(at - w->buf) + ENTRY_NAME + chars * 2 > w->len) return STATUS_BUFFER_OVERFLOW;
    stream_entry *e = (stream_entry *)at;
    e->next = 0;
    e->name_length = chars * 2;
    e->size.QuadPart = st->size;
    e->allocation_size.QuadPart = allocation_size(st, cluster);
    memcpy(e->name, name, chars * 2);
    if (w->last) w->last->next = (ULONG)(at - (char *)w->last);
    w->last = e;
    w->cur = at + ENTRY_NAME + chars * 2;
    return STATUS_SUCCESS;
}

static NTSTATUS put_named(entry_writer *w, char *path, const char *stream, LONGLONG cluster)
{
    WCHAR name[300] = L":";
    linux_stat s;
    size_t base = strlen(path);
    int chars = 1 + (int)units_of(stream, name + 1, 290);
    if (chars == 1) return STATUS_SUCCESS;
    memcpy(name + chars, L":$DATA", 12);
    memset(&s, 0, sizeof s);
    path[base] = ':';
    strncpy(path + base + 1, stream, NAME_ROOM - 2);
    if (linux_lstat(path, &s)) s.size = s.blocks = 0;
    path[base] = 0;
    return put_entry(w, name, chars + 6, &s, cluster);
}

NTSTATUS query_streams(HANDLE h, IO_STATUS_BLOCK *io, char *buf, ULONG len)
{
    if (len < sizeof(stream_entry)) return STATUS_INFO_LENGTH_MISMATCH;
    char *path = xalloc(UNIX_PATH + NAME_ROOM), *list = xalloc(LIST_MAX);
    NTSTATUS st = handle_base_path(h, path);
    long long n = 0;
    if (!st)
    {
        n = stream_list(path, list, LIST_MAX);
        if (n == -LINUX_ENODATA || n == -LINUX_EOPNOTSUPP) st = STATUS_INVALID_PARAMETER; /* as on a volume without streams */
        else if (n < 0) st = STATUS_INSUFFICIENT_RESOURCES;                                 /* over 64 KiB of names */
    }
    if (!st)
    {
        entry_writer w = { buf, buf, len, NULL };
        linux_stat s;
        LONGLONG cluster = linux_cluster_size(path);
        if (!linux_lstat(path, &s) && is_regular(&s)) st = put_entry(&w, L"::$DATA", 7, &s, cluster); /* a folder has none */
        for (char *p = list; !st && p < list + n; p += strlen(p) + 1) st = put_named(&w, path, p, cluster);
        io->Information = w.cur - buf;
        if (!st && w.cur == buf) st = STATUS_END_OF_FILE; /* a folder without streams */
    }
    xfree(path);
    xfree(list);
    io->Status = st;
    return st;
}

NTSTATUS WINAPI hook_query_file(HANDLE h, IO_STATUS_BLOCK *io, void *buf, ULONG len, ULONG cls)
{
    if (cls == CLASS_STREAM) return query_streams(h, io, buf, len);
    NTSTATUS st = real_query_file(h, io, buf, len, cls);
    if (st || (cls != CLASS_INTERNAL && cls != CLASS_BASIC)) return st;
    char *path = xalloc(UNIX_PATH);
    uint32_t attributes;
    if (!handle_base_path(h, path) && has_streams(path))
    {
        if (cls == CLASS_INTERNAL) *(uint64_t *)buf = with_sequence(path, *(uint64_t *)buf);
        else if (ntfs_attributes(path, &attributes))
        {
            FILE_BASIC_INFORMATION *basic = buf;
            basic->FileAttributes = (basic->FileAttributes & ~SHOWN_ATTRIBUTES & ~FILE_ATTRIBUTE_NORMAL) | (attributes & SHOWN_ATTRIBUTES);
            if (!basic->FileAttributes) basic->FileAttributes = FILE_ATTRIBUTE_NORMAL;
        }
    }
    xfree(path);
    return st;
}

NTSTATUS WINAPI hook_query_volume(HANDLE h, IO_STATUS_BLOCK *io, void *buf, ULONG len, ULONG cls)
{
    if (cls == CLASS_FS_ATTRIBUTE && len >= 12 && handle_has_streams(h))
    {
        struct { ULONG attributes; LONG max_component; ULONG name_len; WCHAR name[1]; } *f = buf;
        ULONG room = (len - 12) & ~1u, want = 8;
        f->attributes = NTFS_FLAGS;
        f->max_component = 255;
        f->name_len = want;
        memcpy(f->name, L"NTFS", room < want ? room : want);
        io->Information = 12 + (room < want ? room : want);
        return io->Status = room < want ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
    NTSTATUS st = real_query_volume(h, io, buf, len, cls);
    if (st < 0 && cls == CLASS_FS_VOLUME && len >= 24 && handle_has_streams(h)) /* a mount without a drive letter of its own */
    {
        struct { LARGE_INTEGER time; ULONG serial, label_len; BOOLEAN objects; WCHAR label[1]; } *f = buf;
        memset(f, 0, sizeof *f);
        f->serial = MADE_UP_SERIAL;
        io->Information = 18;
        st = io->Status = STATUS_SUCCESS;
    }
    return st;
}
