// What every carrier and provider does alike with the calls that it has.

#include <algorithm>

#include "streams/stream_provider.h"

namespace sidestream {
namespace {

class OneByOne final : public CarrierOpener {
 public:
  explicit OneByOne(const StreamProvider& provider) : provider_(provider) {}

  Result<std::unique_ptr<Carrier>> Open(std::u16string_view path,
                                        const std::optional<std::string>& identity) override {
    return provider_.OpenCarrier(path, identity);
  }

 private:
  const StreamProvider& provider_;
};

}  // namespace

std::unique_ptr<CarrierOpener> StreamProvider::NewOpener() const {
  return std::make_unique<OneByOne>(*this);
}

Result<StreamLook> Carrier::Look(std::u16string_view name, std::uint64_t most_bytes) {
  const auto entries = List();
  if (!entries.ok()) return entries.error();
  StreamLook look;
  const auto found = std::ranges::find(entries.value(), name, &StreamEntry::name);
  if (found == entries.value().end()) {
    for (const StreamEntry& entry : entries.value()) look.names.push_back(entry.name);
    return look;
  }
  look.size = found->size;
  if (found->size > most_bytes) return look;
  auto content = Read(name, 0, found->size);
  if (!content.ok()) return content.error();
  // A stream that shrinks meanwhile is not shown as something it never was.
  if (content.value().size() == found->size) look.content = std::move(content.value());
  return look;
}

}  // namespace sidestream
