// Reading one key of the registry. Written by group policy, so its values are whatever an
// administrator's tool put there: each is bounded and checked.

#include <cstring>
#include <utility>

#include "platform/windows/nt_error.h"
#include "platform/windows/wide.h"
#include "system/machine.h"

namespace sidestream {
namespace {

constexpr DWORD kMostNameUnits = 16'384;
constexpr DWORD kMostBytes = 1024 * 1024;
constexpr DWORD kMostValues = 1'024;

// A string's final NUL is often there, and need not be.
std::u16string TextOf(const std::vector<BYTE>& data) {
  std::u16string text(data.size() / sizeof(char16_t), u'\0');
  std::memcpy(text.data(), data.data(), text.size() * sizeof(char16_t));
  return text;
}

std::vector<std::u16string> ListOf(const std::u16string& text) {
  std::vector<std::u16string> list;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find(u'\0', from), text.size());
    if (end > from) list.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return list;
}

// False for a type that no setting of ours has.
bool Decode(DWORD type, const std::vector<BYTE>& data, RegistryValue& value) {
  if (type == REG_SZ || type == REG_EXPAND_SZ) {
    const std::u16string text = TextOf(data);
    value.value = text.substr(0, text.find(u'\0'));
    return true;
  }
  if (type == REG_MULTI_SZ) {
    value.value = ListOf(TextOf(data));
    return true;
  }
  if (type == REG_DWORD && data.size() == sizeof(std::uint32_t)) {
    std::uint32_t number = 0;
    std::memcpy(&number, data.data(), sizeof number);
    value.value = number;
    return true;
  }
  return false;
}

}  // namespace

Result<std::vector<RegistryValue>> ReadRegistryValues(const std::u16string& key) {
  const std::string shown = "HKLM\\" + TextFromUnits(key);
  HKEY opened = nullptr;
  LSTATUS status =
      RegOpenKeyExW(HKEY_LOCAL_MACHINE, Wide(key), 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &opened);
  std::vector<RegistryValue> values;
  if (status == ERROR_FILE_NOT_FOUND) return values;
  if (status != ERROR_SUCCESS) {
    return FromWin32(static_cast<DWORD>(status), "read-registry", shown);
  }
  std::vector<wchar_t> name(kMostNameUnits);
  std::vector<BYTE> data(4096);
  for (DWORD index = 0; index < kMostValues;) {
    DWORD name_units = kMostNameUnits;
    DWORD bytes = static_cast<DWORD>(data.size());
    DWORD type = 0;
    status =
        RegEnumValueW(opened, index, name.data(), &name_units, nullptr, &type, data.data(), &bytes);
    if (status == ERROR_MORE_DATA && data.size() < kMostBytes) {
      data.resize(data.size() * 4);
      continue;
    }
    if (status != ERROR_SUCCESS) break;
    RegistryValue value;
    value.name.assign(reinterpret_cast<const char16_t*>(name.data()), name_units);
    if (Decode(type, {data.begin(), data.begin() + bytes}, value)) {
      values.push_back(std::move(value));
    }
    ++index;
  }
  RegCloseKey(opened);
  // A rule that could not be read is not the absence of a rule.
  if (status != ERROR_NO_MORE_ITEMS) {
    return FromWin32(static_cast<DWORD>(status), "read-registry", shown);
  }
  return values;
}

}  // namespace sidestream
