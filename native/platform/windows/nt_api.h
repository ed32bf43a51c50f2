// The native calls of Windows that this folder uses, and the structures they take.
//
// Found in ntdll.dll at run time: no import library has all of them, and headers of different
// compilers declare different parts. Layouts and numbers: [MS-FSCC] 2.4 and 2.5, WDK ntifs.h.

#pragma once

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#include <winternl.h>

#include <cstdint>

namespace sidestream {

// ---- access, sharing and options of NtCreateFile

constexpr ULONG kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
// Attribute access alone breaks no oplock and causes no sharing violation (WDK, IRP_MJ_CREATE).
constexpr ACCESS_MASK kAttributeAccess = FILE_READ_ATTRIBUTES | SYNCHRONIZE;

constexpr ULONG kDispositionOpen = 1;
constexpr ULONG kDispositionCreate = 2;

constexpr ULONG kOptionDirectory = 0x1;
constexpr ULONG kOptionSynchronous = 0x20;  // FILE_SYNCHRONOUS_IO_NONALERT
constexpr ULONG kOptionNonDirectory = 0x40;
constexpr ULONG kOptionCompleteIfOplocked = 0x100;
constexpr ULONG kOptionBackupIntent = 0x4000;
constexpr ULONG kOptionReparsePoint = 0x200000;
constexpr ULONG kOptionNoRecall = 0x400000;

// ---- information classes

constexpr ULONG kFileBasic = 4;
constexpr ULONG kFileStandard = 5;
constexpr ULONG kFileInternal = 6;
constexpr ULONG kFileDisposition = 13;
constexpr ULONG kFileEndOfFile = 20;
constexpr ULONG kFileStream = 22;
constexpr ULONG kFileAttributeTag = 35;
constexpr ULONG kFileIdBothDirectory = 37;
constexpr ULONG kFileId128 = 59;  // FileIdInformation
constexpr ULONG kFileDispositionEx = 64;

constexpr ULONG kVolumeName = 1;        // FileFsVolumeInformation
constexpr ULONG kVolumeDevice = 4;      // FileFsDeviceInformation
constexpr ULONG kVolumeAttributes = 5;  // FileFsAttributeInformation

struct BasicInformation {
  std::int64_t creation;
  std::int64_t last_access;
  std::int64_t last_write;
  std::int64_t change;
  std::uint32_t attributes;
  std::uint32_t padding;
};
static_assert(sizeof(BasicInformation) == 40);

struct StandardInformation {
  std::int64_t allocation_size;
  std::int64_t end_of_file;
  std::uint32_t link_count;
  std::uint8_t delete_pending;
  std::uint8_t is_directory;
  std::uint16_t padding;
};
static_assert(sizeof(StandardInformation) == 24);

struct AttributeTagInformation {
  std::uint32_t attributes;
  std::uint32_t reparse_tag;
};

struct Id128Information {
  std::uint64_t volume_serial;
  std::uint64_t id[2];
};

// ---- attributes that older headers lack

constexpr std::uint32_t kAttributeRecallOnOpen = 0x00040000;
constexpr std::uint32_t kAttributeRecallOnDataAccess = 0x00400000;
// A reparse tag with this bit leads to another name: a symbolic link, a junction, a mounted volume.
constexpr std::uint32_t kTagNameSurrogate = 0x20000000;
constexpr std::uint32_t kTagMountPoint = 0xA0000003;

struct NtApi {
  NTSTATUS(NTAPI* create_file)
  (HANDLE*, ACCESS_MASK, OBJECT_ATTRIBUTES*, IO_STATUS_BLOCK*, LARGE_INTEGER*, ULONG, ULONG, ULONG,
   ULONG, void*, ULONG);
  NTSTATUS(NTAPI* query_file)(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, ULONG);
  NTSTATUS(NTAPI* set_file)(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, ULONG);
  NTSTATUS(NTAPI* query_volume)(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, ULONG);
  NTSTATUS(NTAPI* query_directory)
  (HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, void*, ULONG, ULONG, BOOLEAN, UNICODE_STRING*,
   BOOLEAN);
  NTSTATUS(NTAPI* read_file)
  (HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, void*, ULONG, LARGE_INTEGER*, ULONG*);
  NTSTATUS(NTAPI* write_file)
  (HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, const void*, ULONG, LARGE_INTEGER*, ULONG*);
  NTSTATUS(NTAPI* fs_control)
  (HANDLE, HANDLE, void*, void*, IO_STATUS_BLOCK*, ULONG, void*, ULONG, void*, ULONG);
};

const NtApi& Nt();

}  // namespace sidestream
