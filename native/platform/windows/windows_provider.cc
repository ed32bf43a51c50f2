#include "platform/windows/windows_provider.h"

#include <utility>

#include "base/utf16.h"
#include "platform/windows/look_at_carriers.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/open_beneath.h"
#include "platform/windows/scan_carrier.h"
#include "platform/windows/walk.h"
#include "platform/windows/windows_carrier.h"

namespace sidestream {

WindowsProvider::WindowsProvider(UniqueHandle handle, TargetPath path, bool is_directory,
                                 VolumeFacts volume)
    : handle_(std::move(handle)),
      path_(std::move(path)),
      is_directory_(is_directory),
      volume_(std::move(volume)) {}

TargetInfo WindowsProvider::target() const {
  std::string kind = is_directory_ ? "folder" : "file";
  if (IsVolume()) kind = "image";
  return {.provider = "win32",
          .kind = std::move(kind),
          .file_system = volume_.is_remote ? volume_.file_system + " (SMB)" : volume_.file_system,
          .volume_id = volume_.volume_id,
          .label = volume_.label,
          .is_writable = !volume_.is_read_only};
}

Status WindowsProvider::Scan(const ScanOptions& options, ScanSink& sink) const {
  if (!is_directory_) {
    ScanFile(options, sink);
    return std::nullopt;
  }
  if (IsVolume() && !options.carriers.empty()) {
    return LookAtCarriers(handle_.get(), volume_, options, sink);
  }
  // `\??\C:\` is `C:` to people who exclude `C:\Users`.
  std::u16string exclusion = path_.shown;
  if (IsVolume()) exclusion = path_.device.substr(4);
  return Walk({handle_.get(), path_.shown, exclusion, volume_}, options, sink);
}

void WindowsProvider::ScanFile(const ScanOptions& options, ScanSink& sink) const {
  sink.Advance(1, -1);
  const auto streams = ListStreams(handle_.get());
  const auto facts = FactsOf(handle_.get(), volume_.id_scheme);
  if (!streams.ok() || !facts.ok()) {
    const StreamError& error = streams.ok() ? facts.error() : streams.error();
    sink.AddUnreadable({path_.shown, std::nullopt, error});
    return;
  }
  ScanCarrier(handle_.get(), facts.value(), IdentityOf(facts.value(), volume_.id_scheme),
              streams.value(), {path_.shown}, options, sink);
}

// Empty for the target itself.
Result<std::u16string> WindowsProvider::RelativePath(std::u16string_view path) const {
  std::u16string text(path);
  if (IsVolume()) return text == u"." ? std::u16string() : text;
  if (!path_.shown.starts_with(u"\\\\?\\")) {
    for (char16_t& unit : text) {
      if (unit == u'/') unit = u'\\';
    }
  }
  const std::u16string prefix = path_.shown + u"\\";
  if (text == path_.shown || text == prefix) return std::u16string();
  if (is_directory_ && text.starts_with(prefix)) return text.substr(prefix.size());
  return StreamError{
      "ADS_NOT_FOUND", 0, "open",
      TextFromUnits(path) + " is not inside the target " + TextFromUnits(path_.shown)};
}

Result<std::unique_ptr<Carrier>> WindowsProvider::OpenCarrier(
    std::u16string_view path, const std::optional<std::string>& identity) const {
  const auto relative = RelativePath(path);
  if (!relative.ok()) return relative.error();
  OpenHow how;
  how.access = kCarrierAccess;
  auto opened = OpenBeneath(handle_.get(), relative.value(), how);
  if (!opened.ok()) return opened.error();
  const auto facts = FactsOf(opened.value().get(), volume_.id_scheme);
  if (!facts.ok()) return facts.error();
  const std::string found = IdentityOf(facts.value(), volume_.id_scheme);
  if (identity && *identity != found) {
    return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                       "expected " + *identity + ", found " + found + " at this path"};
  }
  return std::unique_ptr<Carrier>(std::make_unique<WindowsCarrier>(
      std::move(opened.value()), facts.value(), volume_.id_scheme));
}

}  // namespace sidestream
