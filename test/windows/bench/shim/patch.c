/* Puts the hooks in place when the DLL is loaded. */
#include "shim.h"

file_information real_query_file, real_set_file, real_query_volume;
create_file real_create;
query_directory real_query_directory;
NTSTATUS (WINAPI *real_close)(HANDLE);

static unsigned char *pool; /* executable memory for the moved originals */
static size_t pool_used;
static int failed;

static void write_jump(unsigned char *at, void *to)
{
    unsigned char jump[12] = { 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0 }; /* mov $to,%rax; jmp *%rax */
    DWORD old;
    memcpy(jump + 2, &to, 8);
    VirtualProtect(at, 16, PAGE_EXECUTE_READWRITE, &old);
    memcpy(at, jump, 12);
    VirtualProtect(at, 16, old, &old);
    FlushInstructionCache(GetCurrentProcess(), at, 16);
}

/* A system call of Wine's ntdll is 32 position-independent bytes (mov %rcx,%r10; mov $N,%eax; …): copied whole to the pool. */
static void hook_thunk(HMODULE ntdll, const char *name, void *hook, void **original)
{
    unsigned char *t = (unsigned char *)GetProcAddress(ntdll, name);
    if (!t || memcmp(t, "\x4c\x8b\xd1\xb8", 4))
    {
        OutputDebugStringA("shim: cannot hook ");
        OutputDebugStringA(name);
        failed++;
        return;
    }
    unsigned char *copy = pool + pool_used;
    pool_used += 48;
    memcpy(copy, t, 32);
    *original = copy;
    write_jump(t, hook);
}

BOOL WINAPI DllMain(HINSTANCE inst, DWORD why, void *reserved)
{
    if (why != DLL_PROCESS_ATTACH) return TRUE;
    (void)reserved;
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    if (!linux_ready(ntdll)) return FALSE; /* real Windows */
    DisableThreadLibraryCalls(inst);
    pool = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
    hook_thunk(ntdll, "NtQueryInformationFile", hook_query_file, (void **)&real_query_file);
    hook_thunk(ntdll, "NtQueryVolumeInformationFile", hook_query_volume, (void **)&real_query_volume);
    hook_thunk(ntdll, "NtQueryDirectoryFile", hook_query_directory, (void **)&real_query_directory);
    hook_thunk(ntdll, "NtClose", hook_close, (void **)&real_close);
    hook_thunk(ntdll, "NtSetInformationFile", hook_set_file, (void **)&real_set_file);
    hook_thunk(ntdll, "NtCreateFile", hook_create, (void **)&real_create);
    hook_thunk(ntdll, "NtFsControlFile", hook_fs_control, (void **)&real_fs_control);
    return failed == 0;
}

/* Lets Node load the DLL with -r; nothing is imported from node.exe. */
__declspec(dllexport) void *napi_register_module_v1(void *env, void *exports)
{
    (void)env;
    return exports;
}
