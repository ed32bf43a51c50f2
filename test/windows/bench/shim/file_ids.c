/*
 * NTFS file references. Wine's file id is ntfs-3g's inode number, which is the MFT record number; a file reference also
 * holds the record's sequence number in its upper 16 bits, read here from the record on the volume's image. Which image
 * belongs to which mount stands in $WINBENCH_DIR/mounts, one line each: drive, pid, folder, image, separated by tabs.
 */
#include "shim.h"

enum { CLASS_ID_BOTH_DIRECTORY = 37, FILE_ID_OFFSET = 96, RECORD_SIZE = 1024, SEQUENCE_OFFSET = 16 };

static char mounts[16384];

/* The image mounted at or above `path`. */
static int image_of(const char *path, char *image)
{
    char file[UNIX_PATH];
    DWORD n = GetEnvironmentVariableA("WINBENCH_DIR", file, sizeof file - 16);
    if (!n || n >= sizeof file - 16) return 0;
    strcpy(file + n, "/mounts");
    long long got = linux_read(file, mounts, sizeof mounts - 1, 0);
    if (got <= 0) return 0;
    mounts[got] = 0;
    for (char *line = mounts; *line;)
    {
        char *end = strchr(line, '\n');
        if (!end) break;
        *end = 0;
        char *folder = strchr(line, '\t');
        if (folder) folder = strchr(folder + 1, '\t');
        char *source = folder ? strchr(folder + 1, '\t') : NULL;
        if (source)
        {
            *source = 0;
            size_t length = strlen(folder + 1);
            if (!strncmp(path, folder + 1, length) && (path[length] == '/' || !path[length]))
            {
                strncpy(image, source + 1, UNIX_PATH - 1);
                return 1;
            }
        }
        line = end + 1;
    }
    return 0;
}

/* Good for volumes whose $MFT is one piece, as on every volume that was just made. */
static uint64_t sequence_on_image(const char *image, uint64_t record)
{
    unsigned char boot[512], header[64];
    uint64_t lcn;
    if (linux_read(image, boot, sizeof boot, 0) != sizeof boot || memcmp(boot + 3, "NTFS    ", 8)) return 0;
    memcpy(&lcn, boot + 0x30, 8);
    uint64_t cluster = (uint64_t)(boot[11] | boot[12] << 8) * boot[13];
    if (linux_read(image, header, sizeof header, (int64_t)(lcn * cluster + record * RECORD_SIZE)) != sizeof header) return 0;
    if (memcmp(header, "FILE", 4)) return 0;
    return header[SEQUENCE_OFFSET] | (uint64_t)header[SEQUENCE_OFFSET + 1] << 8;
}

uint64_t with_sequence(const char *path, uint64_t record)
{
    static SRWLOCK lock = SRWLOCK_INIT; /* of `mounts` */
    char *image = xalloc(UNIX_PATH);
    AcquireSRWLockExclusive(&lock);
    int found = image_of(path, image);
    ReleaseSRWLockExclusive(&lock);
    uint64_t sequence = found ? sequence_on_image(image, record) : 0;
    xfree(image);
    return record | sequence << 48;
}

NTSTATUS WINAPI hook_query_directory(HANDLE h, HANDLE event, void *apc, void *context, IO_STATUS_BLOCK *io, void *buf, ULONG len,
                                     ULONG cls, BOOLEAN single, UNICODE_STRING *pattern, BOOLEAN restart)
{
    NTSTATUS st = real_query_directory(h, event, apc, context, io, buf, len, cls, single, pattern, restart);
    if (st || cls != CLASS_ID_BOTH_DIRECTORY) return st;
    char *path = xalloc(UNIX_PATH);
    if (!handle_path(h, path) && has_streams(path))
    {
        for (char *entry = buf;; entry += *(ULONG *)entry)
        {
            uint64_t *id = (uint64_t *)(entry + FILE_ID_OFFSET);
            *id = with_sequence(path, *id);
            if (!*(ULONG *)entry) break;
        }
    }
    xfree(path);
    return st;
}
