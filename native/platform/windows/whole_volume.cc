#include "platform/windows/whole_volume.h"

#include <utility>

namespace sidestream {
namespace {

class WholeVolume final : public StreamProvider {
 public:
  WholeVolume(std::unique_ptr<StreamProvider> raw, std::unique_ptr<StreamProvider> live)
      : raw_(std::move(raw)), live_(std::move(live)) {}

  TargetInfo target() const override {
    TargetInfo info = live_->target();
    info.provider = raw_->target().provider;
    return info;
  }

  // The raw pass cannot leave folders out, and what an administrator excluded must not be reported.
  Status Scan(const ScanOptions& options, ScanSink& sink) const override {
    return options.exclude.empty() ? raw_->Scan(options, sink) : live_->Scan(options, sink);
  }

  Result<std::unique_ptr<Carrier>> OpenCarrier(
      std::u16string_view path, const std::optional<std::string>& identity) const override {
    return live_->OpenCarrier(path, identity);
  }

 private:
  const std::unique_ptr<StreamProvider> raw_;
  const std::unique_ptr<StreamProvider> live_;
};

}  // namespace

std::unique_ptr<StreamProvider> JoinRawAndLive(std::unique_ptr<StreamProvider> raw,
                                               std::unique_ptr<StreamProvider> live) {
  return std::make_unique<WholeVolume>(std::move(raw), std::move(live));
}

}  // namespace sidestream
