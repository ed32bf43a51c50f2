#include "platform/windows/whole_volume.h"

#include <mutex>
#include <utility>

#include "volume/mft_provider.h"

namespace sidestream {
namespace {

class WholeVolume final : public StreamProvider {
 public:
  WholeVolume(std::string device, std::unique_ptr<StreamProvider> live)
      : device_(std::move(device)), live_(std::move(live)) {}

  TargetInfo target() const override {
    TargetInfo info = live_->target();
    if (const StreamProvider* const raw = Raw()) info.provider = raw->target().provider;
    return info;
  }

  // The raw pass cannot leave folders out, and what an administrator excluded must not be reported.
  // Named carriers changed a moment ago, which need not be on the disk yet.
  Status Scan(const ScanOptions& options, ScanSink& sink) const override {
    const bool is_raw = options.exclude.empty() && options.carriers.empty();
    const StreamProvider* const raw = is_raw ? Raw() : nullptr;
    return raw != nullptr ? raw->Scan(options, sink) : live_->Scan(options, sink);
  }

  Result<std::unique_ptr<Carrier>> OpenCarrier(
      std::u16string_view path, const std::optional<std::string>& identity) const override {
    return live_->OpenCarrier(path, identity);
  }

 private:
  // Null where the volume cannot be read raw, or is not the one that the file system shows.
  const StreamProvider* Raw() const {
    std::call_once(once_, [this] {
      auto raw = OpenNtfsImage(device_);
      if (!raw.ok()) return;
      if (raw.value()->target().volume_id != live_->target().volume_id) return;
      raw_ = std::move(raw.value());
    });
    return raw_.get();
  }

  const std::string device_;
  const std::unique_ptr<StreamProvider> live_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<StreamProvider> raw_;
};

}  // namespace

std::unique_ptr<StreamProvider> JoinRawAndLive(std::string device,
                                               std::unique_ptr<StreamProvider> live) {
  return std::make_unique<WholeVolume>(std::move(device), std::move(live));
}

}  // namespace sidestream
