/*
 * Names of streams. Wine finds "\??\N:\f:s", but neither the type behind it ("f:s:$DATA") nor a stream named relative to a
 * handle on its file (":s:$DATA"). The file part is exact: no letter case is changed here.
 */
#include "shim.h"

/* True if `name` ends with ":$DATA" behind a stream's name; `colon` is then the stream's own colon. */
static int split(const WCHAR *name, size_t units, size_t *colon, size_t *end)
{
    size_t start = units;
    while (start && name[start - 1] != '\\') start--;
    for (*colon = start; *colon < units && name[*colon] != ':'; ++*colon) ;
    if (*colon == units || *colon + 1 == units) return 0; /* no stream, or a drive */
    for (*end = *colon + 1; *end < units && name[*end] != ':'; ++*end) ;
    return *end > *colon + 1 && (*end == units || (units - *end == 6 && !memcmp(name + *end, L":$DATA", 12)));
}

/* No stream of a read-only file is opened for writing ([MS-FSA] 2.1.5.1.2.1). Wine looks at a stream's own bits, and root may all. */
static int is_write_to_read_only(HANDLE root, ACCESS_MASK access)
{
    uint32_t attributes = 0;
    linux_stat s;
    if (!(access & (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL))) return 0;
    char *path = xalloc(UNIX_PATH);
    int refused = !handle_base_path(root, path) && !linux_lstat(path, &s) && is_regular(&s) && ntfs_attributes(path, &attributes)
                  && (attributes & FILE_ATTRIBUTE_READONLY);
    xfree(path);
    return refused;
}

/* The whole NT path of the file behind `root`. */
static size_t host_name(HANDLE root, WCHAR *name, ULONG room)
{
    char *path = xalloc(UNIX_PATH);
    ULONG size = room;
    size_t units = 0;
    if (!handle_base_path(root, path) && has_streams(path) && !wine_unix_to_nt(path, name, &size)) units = lstrlenW(name);
    xfree(path);
    return units;
}

/* Wine finds a file by its record number; NTFS does so by the whole reference, and else finds none. */
static NTSTATUS open_by_id(HANDLE *h, ACCESS_MASK access, OBJECT_ATTRIBUTES *oa, IO_STATUS_BLOCK *io, LARGE_INTEGER *size,
                           ULONG attributes, ULONG sharing, ULONG disposition, ULONG options, void *ea, ULONG ea_len)
{
    uint64_t given, record;
    memcpy(&given, oa->ObjectName->Buffer, sizeof given);
    record = given & 0xFFFFFFFFFFFFull;
    char *path = xalloc(UNIX_PATH);
    int is_ours = !handle_path(oa->RootDirectory, path) && has_streams(path);
    int is_same = is_ours && with_sequence(path, record) == given;
    xfree(path);
    if (is_ours && !is_same) return STATUS_INVALID_PARAMETER;
    UNICODE_STRING text = { sizeof record, sizeof record, (WCHAR *)&record };
    OBJECT_ATTRIBUTES fixed = *oa;
    if (is_ours) fixed.ObjectName = &text;
    NTSTATUS st = real_create(h, access, &fixed, io, size, attributes, sharing, disposition, options, ea, ea_len);
    return st == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_INVALID_PARAMETER : st;
}

NTSTATUS WINAPI hook_create(HANDLE *h, ACCESS_MASK access, OBJECT_ATTRIBUTES *oa, IO_STATUS_BLOCK *io, LARGE_INTEGER *size,
                            ULONG attributes, ULONG sharing, ULONG disposition, ULONG options, void *ea, ULONG ea_len)
{
    enum { ROOM = 4096, OPEN_BY_FILE_ID = 0x2000, ID_SIZE = 8 };
    if ((options & OPEN_BY_FILE_ID) && oa && oa->RootDirectory && oa->ObjectName && oa->ObjectName->Length == ID_SIZE)
        return open_by_id(h, access, oa, io, size, attributes, sharing, disposition, options, ea, ea_len);
    size_t colon, end, host = 0;
    const UNICODE_STRING *given = oa ? oa->ObjectName : NULL;
    if (!given || !given->Buffer || !split(given->Buffer, given->Length / 2, &colon, &end))
        return real_create(h, access, oa, io, size, attributes, sharing, disposition, options, ea, ea_len);
    if (oa->RootDirectory && colon == 0 && is_write_to_read_only(oa->RootDirectory, access)) return STATUS_ACCESS_DENIED;
    WCHAR *name = xalloc((ROOM + given->Length) * sizeof(WCHAR));
    OBJECT_ATTRIBUTES fixed = *oa;
    UNICODE_STRING text;
    if (oa->RootDirectory && colon == 0)
    {
        host = host_name(oa->RootDirectory, name, ROOM);
        if (host) fixed.RootDirectory = NULL;
    }
    memcpy(name + host, given->Buffer, end * sizeof(WCHAR));
    text.Buffer = name;
    text.Length = text.MaximumLength = (USHORT)((host + end) * sizeof(WCHAR));
    fixed.ObjectName = &text;
    NTSTATUS st = real_create(h, access, &fixed, io, size, attributes, sharing, disposition, options, ea, ea_len);
    xfree(name);
    if (st || !is_held(*h)) return st;
    real_close(*h);
    return STATUS_DELETE_PENDING;
}
