#include "platform/windows/nt_open.h"

#include "platform/windows/nt_error.h"

namespace sidestream {

NTSTATUS Open(HANDLE root, std::u16string_view name, const OpenHow& how, UniqueHandle& handle) {
  constexpr std::size_t kMaxUnits = 0x7FFF;  // UNICODE_STRING counts bytes in 16 bits
  if (name.size() > kMaxUnits) return nt::kObjectNameInvalid;
  UNICODE_STRING text = {};
  text.Buffer = reinterpret_cast<wchar_t*>(const_cast<char16_t*>(name.data()));
  text.Length = static_cast<USHORT>(name.size() * sizeof(char16_t));
  text.MaximumLength = text.Length;
  OBJECT_ATTRIBUTES attributes = {};
  attributes.Length = sizeof attributes;
  attributes.RootDirectory = root;
  attributes.ObjectName = &text;
  attributes.Attributes = OBJ_CASE_INSENSITIVE;
  IO_STATUS_BLOCK io = {};
  HANDLE opened = nullptr;
  const ULONG options = how.options | kOptionSynchronous | kOptionReparsePoint |
                        kOptionBackupIntent | kOptionNoRecall | kOptionCompleteIfOplocked;
  const NTSTATUS status =
      Nt().create_file(&opened, how.access, &attributes, &io, nullptr, FILE_ATTRIBUTE_NORMAL,
                       how.share, how.disposition, options, nullptr, 0);
  if (nt::IsError(status)) return status;
  handle.Reset(opened);
  if (status != nt::kOplockBreakInProgress) return nt::kSuccess;
  handle.Reset();
  return status;
}

}  // namespace sidestream
