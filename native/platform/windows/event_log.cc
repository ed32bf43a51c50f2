// Entries of the Application log.
//
// An entry is a number and strings; the words around them come from a message file. Windows has one
// that fits any text: EventCreate.exe holds "%1" for every id from 1 to 1000. So nothing of ours
// has to be loaded by the log's viewers, and entries stay readable after the product is removed.

#include <iterator>

#include "platform/windows/nt_error.h"
#include "platform/windows/wide.h"
#include "system/machine.h"

namespace sidestream {
namespace {

constexpr wchar_t kMessageFile[] = L"%SystemRoot%\\System32\\EventCreate.exe";
constexpr DWORD kTypes = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
// ReportEventW takes 31,839 units a string.
constexpr std::size_t kMostUnits = 30'000;

std::u16string SourceKey(const std::u16string& source) {
  return u"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" + source;
}

WORD TypeOf(EventLevel level) {
  switch (level) {
    case EventLevel::kError:
      return EVENTLOG_ERROR_TYPE;
    case EventLevel::kWarning:
      return EVENTLOG_WARNING_TYPE;
    default:
      return EVENTLOG_INFORMATION_TYPE;
  }
}

}  // namespace

Status WriteSystemEvent(const std::u16string& source, EventLevel level, std::uint32_t id,
                        const std::u16string& text) {
  const HANDLE log = RegisterEventSourceW(nullptr, Wide(source));
  if (log == nullptr) return FromWin32(GetLastError(), "write-event", TextFromUnits(source));
  const std::u16string shown = text.substr(0, kMostUnits);
  const wchar_t* strings[] = {Wide(shown)};
  const bool written = ReportEventW(log, TypeOf(level), 0, id, nullptr, 1, 0, strings, nullptr);
  const DWORD error = written ? 0 : GetLastError();
  DeregisterEventSource(log);
  if (written) return std::nullopt;
  return FromWin32(error, "write-event", TextFromUnits(source));
}

Status AddEventSource(const std::u16string& source) {
  HKEY key = nullptr;
  LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, Wide(SourceKey(source)), 0, nullptr, 0,
                                   KEY_SET_VALUE | KEY_WOW64_64KEY, nullptr, &key, nullptr);
  if (status == ERROR_SUCCESS) {
    status =
        RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ,
                       reinterpret_cast<const BYTE*>(kMessageFile), DWORD{sizeof kMessageFile});
    if (status == ERROR_SUCCESS) {
      status = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD,
                              reinterpret_cast<const BYTE*>(&kTypes), DWORD{sizeof kTypes});
    }
    RegCloseKey(key);
  }
  if (status == ERROR_SUCCESS) return std::nullopt;
  return FromWin32(static_cast<DWORD>(status), "register-event-source", TextFromUnits(source));
}

Status RemoveEventSource(const std::u16string& source) {
  const LSTATUS status =
      RegDeleteKeyExW(HKEY_LOCAL_MACHINE, Wide(SourceKey(source)), KEY_WOW64_64KEY, 0);
  if (status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND) return std::nullopt;
  return FromWin32(static_cast<DWORD>(status), "remove-event-source", TextFromUnits(source));
}

}  // namespace sidestream
