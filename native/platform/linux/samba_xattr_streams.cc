#include "platform/linux/samba_xattr_streams.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "platform/linux/errno_error.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

constexpr std::string_view kType = ":$DATA";
// Samba's upper bound of `max xattrs per stream`, the anchor included.
constexpr int kMaxExtents = 15;

// samba_private_attr_name of samba source3/smbd/trans2.c: never a stream, whatever the prefix.
constexpr std::array<std::string_view, 6> kPrivate = {
    "user.SAMBA_PAI",  "user.DOSATTRIB", "user.SAMBA_STREAMS",
    "user.SmbReparse", "security.NTACL", "user.org.netatalk.Metadata"};

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  const auto upper = [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  };
  return std::ranges::equal(a, b, {}, upper, upper);
}

bool EndsWithType(std::string_view text) {
  return text.size() >= kType.size() &&
         EqualWithoutCase(text.substr(text.size() - kType.size()), kType);
}

bool IsPrivate(std::string_view key) {
  return std::ranges::any_of(kPrivate, [&](auto name) { return EqualWithoutCase(name, key); });
}

const SambaXattrForm* FormOf(std::string_view key, std::span<const SambaXattrForm> forms) {
  for (const SambaXattrForm& form : forms) {
    if (form.prefix.empty() || !key.starts_with(form.prefix)) continue;
    const bool is_extent =
        form.extent_prefix.starts_with(form.prefix) && key.starts_with(form.extent_prefix);
    if (!is_extent) return IsPrivate(key) ? nullptr : &form;
  }
  return nullptr;
}

std::string ExtentKey(const std::string& key, int extent, const SambaXattrForm& form) {
  return form.extent_prefix + std::to_string(extent) + "." + key.substr(form.prefix.size());
}

StreamError Damaged(const std::string& key, const std::string& how) {
  return {"ADS_CORRUPT", 0, "read", "extended attribute " + key + " " + how};
}

// An xattr holds at least one byte, so a stream's value ends in one that tells of its extents.
std::vector<std::byte> WithMarker(std::span<const std::byte> bytes) {
  std::vector<std::byte> value(bytes.begin(), bytes.end());
  value.push_back(std::byte{0});
  return value;
}

// Extents are written without gaps, so the first missing one is the end.
Status RemoveExtents(const XattrPlace& place, const std::string& key, const SambaXattrForm& form) {
  for (int extent = 1; extent <= kMaxExtents; ++extent) {
    const auto error = RemoveXattr(place, ExtentKey(key, extent, form));
    if (error && error->system_code == ENODATA) break;
    if (error) return error;
  }
  return std::nullopt;
}

}  // namespace

std::optional<StoredStream> StreamOfXattr(std::string_view key,
                                          std::span<const SambaXattrForm> forms) {
  const SambaXattrForm* form = FormOf(key, forms);
  if (form == nullptr) return std::nullopt;
  std::string_view name = key.substr(form->prefix.size());
  if (EndsWithType(name)) name.remove_suffix(kType.size());
  if (name.empty()) return std::nullopt;
  return StoredStream{std::string(name), std::string(key)};
}

bool IsExtent(std::string_view key, std::span<const SambaXattrForm> forms) {
  return std::ranges::any_of(forms, [&](const SambaXattrForm& form) {
    return !form.extent_prefix.empty() && key.starts_with(form.extent_prefix);
  });
}

Result<std::vector<std::byte>> ReadXattrStream(const CarrierRef& carrier, const std::string& key,
                                               std::span<const SambaXattrForm> forms) {
  const SambaXattrForm* form = FormOf(key, forms);
  if (form == nullptr) return FromErrno(ENODATA, "read", "extended attribute " + key);
  auto anchor = GetXattr(carrier.place, key);
  if (!anchor.ok()) return anchor.error();
  auto& content = anchor.value();
  if (content.empty()) return Damaged(key, "is empty, not even Samba's marker byte");
  const int extents = std::to_integer<int>(content.back());
  content.pop_back();
  if (extents > kMaxExtents) {
    return Damaged(key, "ends with the marker byte " + std::to_string(extents) +
                            ", Samba writes 0 to " + std::to_string(kMaxExtents));
  }
  for (int extent = 1; extent <= extents; ++extent) {
    const auto more = GetXattr(carrier.place, ExtentKey(key, extent, *form));
    if (!more.ok() && more.error().system_code == ENODATA) {
      return Damaged(key, "has " + std::to_string(extents) + " extents, extent " +
                              std::to_string(extent) + " is missing");
    }
    if (!more.ok()) return more.error();
    content.insert(content.end(), more.value().begin(), more.value().end());
  }
  return std::move(content);
}

// The anchor first, like Samba: without it the extents are unreachable, and a failure half way
// leaves no stream with other content.
Status RemoveXattrStream(const CarrierRef& carrier, const StoredStream& stream,
                         std::span<const SambaXattrForm> forms) {
  const std::string& key = stream.key;
  const SambaXattrForm* form = FormOf(key, forms);
  if (form == nullptr) return FromErrno(ENODATA, "remove", "extended attribute " + key);
  if (auto error = RemoveXattr(carrier.place, key)) return error;
  return stream.may_have_extents ? RemoveExtents(carrier.place, key, *form) : std::nullopt;
}

Status ReplaceXattrStream(const CarrierRef& carrier, const std::string& key,
                          std::span<const std::byte> bytes, std::span<const SambaXattrForm> forms) {
  const SambaXattrForm* form = FormOf(key, forms);
  if (form == nullptr) return FromErrno(ENODATA, "replace", "extended attribute " + key);
  if (auto error = ReplaceXattr(carrier.place, key, WithMarker(bytes))) return error;
  return RemoveExtents(carrier.place, key, *form);
}

Status CreateXattrStream(const CarrierRef& carrier, const std::string& name,
                         std::span<const std::byte> bytes, const SambaXattrForm& form) {
  const std::string type(form.stores_type ? kType : "");
  return CreateXattr(carrier.place, form.prefix + name + type, WithMarker(bytes));
}

}  // namespace sidestream
