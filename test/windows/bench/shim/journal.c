/*
 * A volume's change journal, which ntfs-3g does not keep: what the test wrote beside the volume's image, as `IMAGE.journal`, is the
 * answer to FSCTL_QUERY_USN_JOURNAL and FSCTL_READ_USN_JOURNAL. Where there is no such file, Wine answers: it knows no journal.
 *
 * The file, little-endian: NTSTATUS of every answer (4), unused (4), USN_JOURNAL_DATA_V0 (56), USN of the first byte that follows (8),
 * the records from there on, as the journal has them: none lies across a page.
 */
#include "shim.h"

NTSTATUS (WINAPI *real_fs_control)(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG);

enum { QUERY_USN_JOURNAL = 0x000900F4, READ_USN_JOURNAL = 0x000900BB, MOST_BYTES = 1 << 20, PAGE = 4096 };

typedef struct { uint64_t id; int64_t first, next, lowest_valid, max; uint64_t size, delta; } journal_data;
typedef struct { NTSTATUS status; uint32_t unused; journal_data data; int64_t base; } journal_header;
/* READ_USN_JOURNAL_DATA_V0, with which every version begins. */
typedef struct { int64_t start; uint32_t reasons, only_on_close; uint64_t timeout, wait_for, id; } read_request;

static NTSTATUS query(const journal_data *data, IO_STATUS_BLOCK *io, void *out, ULONG out_size)
{
    if (out_size < sizeof *data) return STATUS_BUFFER_TOO_SMALL;
    memcpy(out, data, sizeof *data);
    io->Information = sizeof *data;
    return STATUS_SUCCESS;
}

/* 8 bytes with the USN to go on from, then as many whole records as there is room for. */
static NTSTATUS read_records(const journal_header *journal, const char *records, size_t size, const read_request *request,
                             IO_STATUS_BLOCK *io, char *out, ULONG out_size)
{
    const journal_data *data = &journal->data;
    if (request->id != data->id || request->start > data->next || out_size < sizeof(int64_t)) return STATUS_INVALID_PARAMETER;
    if (request->start < data->first) return STATUS_JOURNAL_ENTRY_DELETED;
    size_t at = (size_t)(request->start - journal->base), filled = sizeof(int64_t);
    while (at + sizeof(uint32_t) <= size)
    {
        uint32_t length;
        memcpy(&length, records + at, sizeof length);
        if (!length) /* the rest of a page */
        {
            at = (at / PAGE + 1) * PAGE;
            continue;
        }
        if (length > size - at || length > out_size - filled) break;
        memcpy(out + filled, records + at, length);
        filled += length;
        at += length;
    }
    int64_t next = journal->base + (int64_t)at;
    memcpy(out, &next, sizeof next);
    io->Information = filled;
    return STATUS_SUCCESS;
}

static NTSTATUS answer(ULONG code, const char *file, size_t size, IO_STATUS_BLOCK *io, const void *in, ULONG in_size, void *out,
                       ULONG out_size)
{
    const journal_header *journal = (const journal_header *)file;
    const char *records = file + sizeof *journal;
    if (journal->status) return journal->status;
    if (code == QUERY_USN_JOURNAL) return query(&journal->data, io, out, out_size);
    if (in_size < sizeof(read_request)) return STATUS_INVALID_PARAMETER;
    return read_records(journal, records, size - sizeof *journal, in, io, out, out_size);
}

NTSTATUS WINAPI hook_fs_control(HANDLE h, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *io, ULONG code, void *in,
                                ULONG in_size, void *out, ULONG out_size)
{
    if (code != QUERY_USN_JOURNAL && code != READ_USN_JOURNAL)
        return real_fs_control(h, event, apc, context, io, code, in, in_size, out, out_size);
    char *path = xalloc(UNIX_PATH + 16), *file = xalloc(MOST_BYTES);
    long long size = -1;
    if (!handle_path(h, path)) size = linux_read(strcat(path, ".journal"), file, MOST_BYTES, 0);
    NTSTATUS st;
    if (size < (long long)sizeof(journal_header))
        st = real_fs_control(h, event, apc, context, io, code, in, in_size, out, out_size);
    else
        st = io->Status = answer(code, file, (size_t)size, io, in, in_size, out, out_size);
    xfree(path);
    xfree(file);
    return st;
}
