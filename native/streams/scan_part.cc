// Parts for sinks that have none of their own: copies of what was found, added one by one.

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "streams/stream_provider.h"

namespace sidestream {
namespace {

constexpr std::size_t kFullAt = 1000;

class CopiedStream {
 public:
  explicit CopiedStream(const FoundStream& stream)
      : stream_(stream),
        path_(stream.path),
        links_(stream.links.begin(), stream.links.end()),
        name_(stream.name),
        identity_(stream.identity),
        sha256_(CopyOf(stream.sha256)),
        content_(CopyOf(stream.content)) {}

  void AddTo(ScanSink& sink) {
    const std::vector<std::u16string_view> links(links_.begin(), links_.end());
    stream_.path = path_;
    stream_.links = links;
    stream_.name = name_;
    stream_.identity = identity_;
    if (sha256_) stream_.sha256 = *sha256_;
    if (content_) stream_.content = *content_;
    sink.Add(stream_);
  }

 private:
  static std::optional<std::vector<std::byte>> CopyOf(
      const std::optional<std::span<const std::byte>>& bytes) {
    if (!bytes) return std::nullopt;
    return std::vector<std::byte>(bytes->begin(), bytes->end());
  }

  FoundStream stream_;  // its views are set anew, to what follows
  std::u16string path_;
  std::vector<std::u16string> links_;
  std::u16string name_;
  std::string identity_;
  std::optional<std::vector<std::byte>> sha256_;
  std::optional<std::vector<std::byte>> content_;
};

class CopiedPart final : public ScanPart {
 public:
  void Add(const FoundStream& stream) override { findings_.emplace_back(CopiedStream(stream)); }
  void AddUnreadable(Unreadable unreadable) override {
    findings_.emplace_back(std::move(unreadable));
  }
  bool IsFull() const override { return findings_.size() >= kFullAt; }
  bool IsDue() const override { return !findings_.empty(); }

  void AddTo(ScanSink& sink) {
    for (auto& finding : findings_) {
      if (sink.IsCancelled()) return;
      if (auto* stream = std::get_if<CopiedStream>(&finding)) {
        stream->AddTo(sink);
      } else {
        sink.AddUnreadable(std::move(std::get<Unreadable>(finding)));
      }
    }
  }

 private:
  std::vector<std::variant<CopiedStream, Unreadable>> findings_;
};

}  // namespace

std::unique_ptr<ScanPart> ScanSink::NewPart() { return std::make_unique<CopiedPart>(); }

void ScanSink::AddPart(std::unique_ptr<ScanPart> part) {
  static_cast<CopiedPart&>(*part).AddTo(*this);
}

}  // namespace sidestream
