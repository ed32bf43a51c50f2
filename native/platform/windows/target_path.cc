#include "platform/windows/target_path.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/utf16.h"
#include "platform/windows/nt_api.h"

namespace sidestream {
namespace {

constexpr std::u16string_view kNtPrefix = u"\\??\\";

bool IsDrive(std::u16string_view text) {
  if (text.size() != 2 || text[1] != u':') return false;
  const char16_t letter = text[0] | 0x20;
  return letter >= u'a' && letter <= u'z';
}

StreamError Invalid(const std::u16string& path, const char* why) {
  return {"ADS_INVALID_NAME", 0, "open", "\"" + TextFromUnits(path) + "\" " + why};
}

// `.` and `..` are resolved by text; `..` does not climb above the start.
std::u16string Normalized(std::u16string_view text) {
  std::vector<std::u16string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(u'\\'), text.size());
    const std::u16string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part == u"..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != u".") {
      parts.push_back(part);
    }
  }
  std::u16string joined;
  for (const std::u16string_view part : parts) {
    if (!joined.empty()) joined += u'\\';
    joined += part;
  }
  return joined;
}

std::u16string CurrentFolder() {
  std::u16string folder(GetCurrentDirectoryW(0, nullptr), u'\0');
  const DWORD size = GetCurrentDirectoryW(static_cast<DWORD>(folder.size()),
                                          reinterpret_cast<wchar_t*>(folder.data()));
  folder.resize(std::min<std::size_t>(size, folder.size()));
  return folder;
}

TargetPath Volume(std::u16string_view name) {
  TargetPath target;
  target.kind = TargetPath::Kind::kVolume;
  target.device = std::u16string(kNtPrefix) + std::u16string(name);
  target.nt_path = target.device + u"\\";
  return target;
}

// After `\\.\` or `\\?\`.
TargetPath DeviceNamespace(std::u16string_view rest, bool is_dot) {
  const bool is_volume_guid = rest.starts_with(u"Volume{") && rest.ends_with(u"}");
  if (IsDrive(rest) || is_volume_guid) return Volume(rest);
  TargetPath target;
  target.nt_path = std::u16string(kNtPrefix) + std::u16string(rest);
  if (is_dot && rest.find(u'\\') == std::u16string_view::npos) {
    target.kind = TargetPath::Kind::kDevice;
    target.device = target.nt_path;
  }
  return target;
}

// A full path with a drive or server, separators already `\`.
std::u16string NtPathOf(std::u16string_view path) {
  if (path.starts_with(u"\\\\")) return u"\\??\\UNC\\" + Normalized(path.substr(2));
  const std::u16string drive(path.substr(0, 2));
  return std::u16string(kNtPrefix) + drive + u"\\" + Normalized(path.substr(2));
}

std::u16string MadeFull(const std::u16string& path) {
  const std::u16string folder = CurrentFolder();
  if (path.front() == u'\\') return folder.substr(0, 2) + path;
  return folder + u"\\" + path;
}

// Behind the drive, a colon would name a stream, and all that follows would work on that.
bool HasStreamColon(std::u16string_view nt_path) {
  const std::size_t start = kNtPrefix.size() + 2;
  return nt_path.size() > start && nt_path.find(u':', start) != std::u16string_view::npos;
}

}  // namespace

Result<TargetPath> ParseTargetPath(const std::u16string& path) {
  if (path.empty()) return Invalid(path, "is empty");
  if (path.find(u'\0') != std::u16string::npos) return Invalid(path, "holds NUL");
  const bool is_exact = path.starts_with(u"\\\\?\\") || path.starts_with(kNtPrefix);
  std::u16string text = path;
  if (!is_exact) std::ranges::replace(text, u'/', u'\\');
  TargetPath target;
  if (is_exact || text.starts_with(u"\\\\.\\")) {
    target = DeviceNamespace(std::u16string_view(text).substr(4), !is_exact);
  } else if (IsDrive(text)) {
    target = Volume(text);
  } else {
    const bool is_full = text.starts_with(u"\\\\") ||
                         (text.size() > 2 && IsDrive(text.substr(0, 2)) && text[2] == u'\\');
    if (!is_full && text.size() > 2 && IsDrive(text.substr(0, 2))) {
      return Invalid(path, "is relative to a drive; write the whole path");
    }
    target.nt_path = NtPathOf(is_full ? text : MadeFull(text));
  }
  if (target.kind != TargetPath::Kind::kPath) return target;
  if (HasStreamColon(target.nt_path)) return Invalid(path, "holds a colon; name the file alone");
  target.shown = text;
  while (!target.shown.empty() && target.shown.back() == u'\\') target.shown.pop_back();
  while (target.nt_path.ends_with(u'\\') && !target.nt_path.ends_with(u":\\")) {
    target.nt_path.pop_back();
  }
  return target;
}

}  // namespace sidestream
