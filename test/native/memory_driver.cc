// The memory provider behind the batch queue that every scan goes through, told what to hold and
// what to do on standard input, one line each. Texts are UTF-16LE and, like bytes, in hex.
//
//   file|directory IDENTITY PATH[,LINK…]    holds a carrier from now on
//   stream PATH NAME BYTES                  writes a stream; BYTES may be `-`
//   delete PATH [NAME]                      a carrier, or one of its streams
//   scan BATCH                              answers `row KIND LINKS NAME SIZE SHA256 CONTENT`…,
//   `end N` strip PATH IDENTITY NAME SIZE SHA256    answers `strip OUTCOME`

#include <algorithm>
#include <iostream>
#include <sstream>
#include <thread>

#include "base/sha256.h"
#include "memory_provider.h"
#include "streams/batch_queue.h"

namespace {

using namespace sidestream;

std::vector<std::byte> FromHex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes.push_back(
        static_cast<std::byte>(std::stoul(std::string(hex.substr(at, 2)), nullptr, 16)));
  }
  return bytes;
}

std::u16string TextFromHex(std::string_view hex) {
  const auto bytes = FromHex(hex);
  std::u16string text;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    text += static_cast<char16_t>(std::to_integer<unsigned>(bytes[at]) |
                                  std::to_integer<unsigned>(bytes[at + 1]) << 8);
  }
  return text;
}

std::string ToHex(std::u16string_view text) {
  return HexFromBytes(std::as_bytes(std::span(text.data(), text.size())));
}

std::shared_ptr<test::MemoryFile> Find(const test::MemoryFiles& files, const std::string& path) {
  const std::u16string wanted = TextFromHex(path);
  for (const auto& file : files) {
    if (std::ranges::find(file->links, wanted) != file->links.end()) return file;
  }
  throw std::runtime_error("no such file");
}

// Text of row `i` of a column.
std::u16string_view RowOf(const TextColumn& column, std::size_t i) {
  const std::size_t start = i == 0 ? 0 : column.ends[i - 1];
  return std::u16string_view(column.text).substr(start, column.ends[i] - start);
}

void Print(const Batch& batch) {
  for (std::size_t i = 0; i < batch.count(); ++i) {
    const std::size_t content = i == 0 ? 0 : batch.content_ends[i - 1];
    const auto links = RowOf(batch.links, i);
    const auto bytes = std::span(batch.content).subspan(content, batch.content_ends[i] - content);
    std::cout << "row " << ((batch.flags[i] & kFlagDirectory) != 0 ? "directory" : "file") << ' '
              << ToHex(links.empty() ? RowOf(batch.paths, i) : links) << ' '
              << ToHex(RowOf(batch.names, i)) << ' ' << batch.sizes[i] << ' '
              << HexFromBytes(std::span(batch.sha256).subspan(32 * i, 32)) << ' '
              << HexFromBytes(bytes) << "-\n";
  }
}

void Scan(const test::MemoryProvider& provider, std::uint32_t batch_streams) {
  ScanOptions options;
  options.hash = true;
  options.content_bytes = 1 << 20;
  BatchQueue queue({.with_sha256 = true, .streams = batch_streams}, [] {});
  std::thread scan([&] { queue.Finish(provider.Scan(options, queue)); });
  std::size_t rows = 0;
  while (true) {
    const auto taken = queue.Take();
    if (const auto* batch = std::get_if<Batch>(&taken)) {
      Print(*batch);
      rows += batch->count();
    } else if (std::holds_alternative<BatchQueue::Pending>(taken)) {
      std::this_thread::yield();
    } else {
      break;
    }
  }
  scan.join();
  std::cout << "end " << rows << '\n';
}

std::string Strip(const test::MemoryProvider& provider, std::istringstream& line) {
  std::string path;
  std::string identity;
  std::string name;
  std::uint64_t size = 0;
  std::string sha256;
  line >> path >> identity >> name >> size >> sha256;
  const auto carrier = provider.OpenCarrier(TextFromHex(path), identity);
  if (!carrier.ok()) return carrier.error().code;
  const auto outcome = carrier.value()->Remove(TextFromHex(name), size, FromHex(sha256));
  if (!outcome.ok()) return outcome.error().code;
  if (outcome.value() == RemoveOutcome::kDone) return "done";
  return outcome.value() == RemoveOutcome::kGone ? "gone" : "changed";
}

}  // namespace

int main() {
  const auto files = std::make_shared<test::MemoryFiles>();
  const test::MemoryProvider provider(files);
  for (std::string text; std::getline(std::cin, text);) {
    std::istringstream line(text);
    std::string word;
    std::string path;
    line >> word;
    if (word == "file" || word == "directory") {
      const auto file = std::make_shared<test::MemoryFile>();
      file->is_directory = word == "directory";
      line >> file->identity;
      while (std::getline(line >> std::ws, path, ',')) file->links.push_back(TextFromHex(path));
      files->push_back(file);
    } else if (word == "stream") {
      std::string name;
      std::string bytes;
      line >> path >> name >> bytes;
      Find(*files, path)->streams[TextFromHex(name)] = FromHex(bytes);
    } else if (word == "delete") {
      std::string name;
      line >> path >> name;
      const auto file = Find(*files, path);
      if (name.empty()) {
        std::erase(*files, file);
      } else {
        file->streams.erase(TextFromHex(name));
      }
    } else if (word == "scan") {
      std::uint32_t batch_streams = 1;
      line >> batch_streams;
      Scan(provider, batch_streams);
    } else if (word == "strip") {
      std::cout << "strip " << Strip(provider, line) << '\n';
    }
  }
}
