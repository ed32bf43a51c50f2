/* Linux system calls from a PE program, and the two ways from a Windows handle to a Linux path. */
#include "shim.h"

NTSTATUS (CDECL *wine_unix_to_nt)(const char *path, WCHAR *nt, ULONG *size);
static NTSTATUS (CDECL *wine_handle_to_fd)(HANDLE, unsigned access, int *fd, unsigned *options);

/* long has 32 bits here, hence long long. */
static long long syscall4(long long n, long long a, long long b, long long c, long long d)
{
    long long ret;
    register long long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return ret;
}
#define PTR(x) ((long long)(uintptr_t)(x))
enum { SYS_open = 2, SYS_close = 3, SYS_lstat = 6, SYS_pread64 = 17, SYS_sched_yield = 24, SYS_unlink = 87, SYS_readlink = 89,
       SYS_statfs = 137, SYS_lsetxattr = 189, SYS_lgetxattr = 192 };

int linux_lstat(const char *path, linux_stat *st) { return (int)syscall4(SYS_lstat, PTR(path), PTR(st), 0, 0); }
int linux_unlink(const char *path) { return (int)syscall4(SYS_unlink, PTR(path), 0, 0, 0); }
void linux_yield(void) { syscall4(SYS_sched_yield, 0, 0, 0, 0); }
int is_regular(const linux_stat *st) { return (st->mode & 0170000) == 0100000; }
int is_folder(const linux_stat *st) { return (st->mode & 0170000) == 0040000; }

int64_t linux_cluster_size(const char *path)
{
    uint64_t fs[16] = { 0 };
    return syscall4(SYS_statfs, PTR(path), PTR(fs), 0, 0) ? 0 : (int64_t)fs[1];
}

long long linux_read(const char *path, void *buf, size_t size, int64_t offset)
{
    long long fd = syscall4(SYS_open, PTR(path), 0 /* O_RDONLY */, 0, 0), n;
    if (fd < 0) return fd;
    n = syscall4(SYS_pread64, fd, PTR(buf), size, offset);
    syscall4(SYS_close, fd, 0, 0, 0);
    return n;
}

long long stream_list(const char *base, char *buf, size_t size)
{
    return syscall4(SYS_lgetxattr, PTR(base), PTR("ntfs.streams.list"), PTR(buf), size);
}
int has_streams(const char *base) { return stream_list(base, NULL, 0) >= 0; }

/* ntfs-3g shows the attributes of a file as an extended attribute, and takes them from it. */
#define ATTRIBUTES "system.ntfs_attrib"
int ntfs_attributes(const char *base, uint32_t *attributes)
{
    return syscall4(SYS_lgetxattr, PTR(base), PTR(ATTRIBUTES), PTR(attributes), 4) == 4;
}

static long long set_xattr(const char *base, const uint32_t *attributes)
{
    long long ret;
    register long long r10 __asm__("r10") = 4;
    register long long r8 __asm__("r8") = 0;
    __asm__ volatile("syscall" : "=a"(ret) : "a"((long long)SYS_lsetxattr), "D"(base), "S"(ATTRIBUTES), "d"(attributes), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return ret;
}

int set_ntfs_attributes(const char *base, uint32_t attributes)
{
    uint32_t now;
    if (!ntfs_attributes(base, &now)) return 0;
    now = (now & ~SHOWN_ATTRIBUTES) | (attributes & SHOWN_ATTRIBUTES);
    return set_xattr(base, &now) == 0;
}

/* UTF-8 as ntfs-3g writes it: unpaired surrogates are three bytes like any other unit. Counts no final NUL. */
size_t units_of(const char *bytes, WCHAR *out, size_t room)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t n = 0;
    while (*b && n + 2 <= room)
    {
        uint32_t c = *b++;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
        if (more) c &= 0x3f >> more;
        while (more-- && (*b & 0xc0) == 0x80) c = c << 6 | (*b++ & 0x3f);
        if (c >= 0x10000)
        {
            out[n++] = (WCHAR)(0xd7c0 + (c >> 10));
            c = 0xdc00 | (c & 0x3ff);
        }
        out[n++] = (WCHAR)c;
    }
    return n;
}

void *xalloc(size_t n) { return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, n); }
void xfree(void *p) { if (p) HeapFree(GetProcessHeap(), 0, p); }

NTSTATUS handle_path(HANDLE h, char *out)
{
    int fd = -1, i = 0;
    unsigned options, v;
    char link[32] = "/proc/self/fd/", *q = link + 14, digits[12];
    NTSTATUS st = wine_handle_to_fd(h, 0, &fd, &options);
    if (st) return st;
    v = (unsigned)fd;
    do digits[i++] = '0' + v % 10; while (v /= 10);
    while (i) *q++ = digits[--i];
    *q = 0;
    long long r = syscall4(SYS_readlink, PTR(link), PTR(out), UNIX_PATH - 1, 0);
    syscall4(SYS_close, fd, 0, 0, 0);
    if (r <= 0) return STATUS_INVALID_HANDLE;
    out[r] = 0;
    return STATUS_SUCCESS;
}

char *stream_colon(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? strchr(slash, ':') : NULL;
}

NTSTATUS handle_base_path(HANDLE h, char *out)
{
    NTSTATUS st = handle_path(h, out);
    char *colon = st ? NULL : stream_colon(out);
    if (colon) *colon = 0;
    return st;
}

int handle_has_streams(HANDLE h)
{
    char *path = xalloc(UNIX_PATH);
    int yes = !handle_base_path(h, path) && has_streams(path);
    xfree(path);
    return yes;
}

int linux_ready(HMODULE ntdll)
{
    if (!GetProcAddress(ntdll, "wine_get_version")) return 0;
    wine_handle_to_fd = (void *)GetProcAddress(ntdll, "wine_server_handle_to_fd");
    wine_unix_to_nt = (void *)GetProcAddress(ntdll, "wine_unix_to_nt_file_name");
    return wine_handle_to_fd && wine_unix_to_nt;
}
