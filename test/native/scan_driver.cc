// Scans an image from the shell, without Node: for comparing the raw provider with other readers,
// for sanitizers and for timing. One line of tab-separated fields a stream and path.
//
//   scan_driver IMAGE [--hash] [--content BYTES] [--internal] [--quiet]
//   scan_driver IMAGE --open PATH-OR-IDENTITY     list one carrier and hash its streams
//
// Exit: 0 complete, 3 something was unreadable, 1 failed.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "volume/mft_provider.h"

namespace sidestream {
namespace {

// UTF-8, with \uXXXX for what is not text: control characters, lone surrogates, the backslash of an
// escape is the only one that is doubled.
std::string Printable(std::u16string_view units) {
  std::string out;
  for (std::size_t i = 0; i < units.size(); ++i) {
    char32_t point = units[i];
    const bool is_pair = point >= 0xD800 && point < 0xDC00 && i + 1 < units.size() &&
                         units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000;
    if (is_pair) point = 0x10000 + ((point - 0xD800) << 10) + (units[++i] - 0xDC00u);
    if (point < 0x20 || point == 0x7F || (point >= 0xD800 && point < 0xE000)) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(point));
      out += escape;
    } else if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xC0 | (point >> 6));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      out += static_cast<char>(0xE0 | (point >> 12));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | (point >> 18));
      out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    }
  }
  return out;
}

class PrintingSink final : public ScanSink {
 public:
  explicit PrintingSink(bool is_quiet) : is_quiet_(is_quiet) {}

  void Add(const FoundStream& stream) override {
    ++streams_;
    if (is_quiet_) return;
    const std::string name = Printable(stream.name);
    const std::string hash = stream.sha256 ? HexFromBytes(*stream.sha256) : "-";
    for (const std::u16string_view link : stream.links) {
      std::printf("%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s%s\t%.*s\t%" PRId64 "\t%s\t%zu\n",
                  Printable(link).c_str(), name.c_str(), stream.size, stream.allocated,
                  stream.is_directory ? "d" : "f", stream.is_resident ? "r" : "n",
                  static_cast<int>(stream.identity.size()), stream.identity.data(),
                  stream.modified_ns, hash.c_str(), stream.content ? stream.content->size() : 0);
    }
  }
  void AddUnreadable(Unreadable unreadable) override {
    const std::lock_guard lock(mutex_);
    ++unreadable_;
    if (is_quiet_) return;
    std::fprintf(stderr, "unreadable\t%s\t%s\t%s\t%s\n", Printable(unreadable.path).c_str(),
                 unreadable.stream ? Printable(*unreadable.stream).c_str() : "-",
                 unreadable.error.code.c_str(), unreadable.error.message.c_str());
  }
  void Advance(std::uint64_t carriers, double) override {
    const std::lock_guard lock(mutex_);
    carriers_ += carriers;
  }
  bool IsCancelled() const override { return false; }

  int Summarize() const {
    std::fprintf(stderr, "%" PRIu64 " carriers, %" PRIu64 " streams, %" PRIu64 " unreadable\n",
                 carriers_, streams_, unreadable_);
    return unreadable_ > 0 ? 3 : 0;
  }

 private:
  const bool is_quiet_;
  std::mutex mutex_;
  std::uint64_t carriers_ = 0;
  std::uint64_t streams_ = 0;
  std::uint64_t unreadable_ = 0;
};

int Fail(const StreamError& error) {
  std::fprintf(stderr, "%s: %s (%s)\n", error.code.c_str(), error.message.c_str(),
               error.operation.c_str());
  return 1;
}

int ListCarrier(const StreamProvider& provider, const std::string& what) {
  const bool is_identity = what.starts_with("ntfs:");
  const auto carrier =
      provider.OpenCarrier(is_identity ? u"" : std::u16string(what.begin(), what.end()),
                           is_identity ? std::optional(what) : std::nullopt);
  if (!carrier.ok()) return Fail(carrier.error());
  const auto entries = carrier.value()->List();
  if (!entries.ok()) return Fail(entries.error());
  std::printf("%s\t%s\n", carrier.value()->identity().c_str(),
              carrier.value()->is_directory() ? "directory" : "file");
  for (const StreamEntry& entry : entries.value()) {
    const auto bytes = carrier.value()->Read(entry.name, 0, entry.size);
    std::string hash = bytes.ok() ? "" : bytes.error().message;
    if (bytes.ok()) {
      Sha256 sha256;
      sha256.Update(bytes.value());
      hash = HexFromBytes(sha256.Finish());
    }
    std::printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%s\n", Printable(entry.name).c_str(), entry.size,
                entry.allocated, hash.c_str());
  }
  return 0;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: scan_driver IMAGE [--hash] [--content BYTES] [--internal] "
                 "[--quiet] | IMAGE --open PATH-OR-IDENTITY\n");
    return 2;
  }
  ScanOptions options;
  bool is_quiet = false;
  std::string to_open;
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--hash") options.hash = true;
    if (argument == "--internal") options.include_internal = true;
    if (argument == "--quiet") is_quiet = true;
    if (argument == "--content" && has_value) {
      options.content_bytes = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    }
    if (argument == "--open" && has_value) to_open = argv[++i];
  }
  const auto provider = OpenNtfsImage(argv[1]);
  if (!provider.ok()) return Fail(provider.error());
  if (!to_open.empty()) return ListCarrier(*provider.value(), to_open);
  PrintingSink sink(is_quiet);
  if (const Status fault = provider.value()->Scan(options, sink)) return Fail(*fault);
  return sink.Summarize();
}

}  // namespace
}  // namespace sidestream

int main(int argc, char** argv) { return sidestream::Main(argc, argv); }
