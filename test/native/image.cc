#include "image.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace test {

std::vector<std::byte> ReadFixture() {
  const char* const path = std::getenv("SIDESTREAM_FIXTURE");
  if (path == nullptr) {
    throw check::Skipped("SIDESTREAM_FIXTURE is not set; run scripts/test-native.sh");
  }
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) check::Fail(__FILE__, __LINE__, std::string("cannot read ") + path);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

std::shared_ptr<MemoryImage> AFixture() {
  static const std::vector<std::byte> fixture = ReadFixture();
  return std::make_shared<MemoryImage>(fixture);
}

void Scan(const std::shared_ptr<MemoryImage>& image, RememberingSink& sink,
          const sidestream::ScanOptions& options) {
  const auto provider = sidestream::OpenNtfsBlocks(image, "test image");
  if (!provider.ok()) check::Fail(__FILE__, __LINE__, provider.error().message);
  if (const auto fault = provider.value()->Scan(options, sink)) {
    check::Fail(__FILE__, __LINE__, fault->message);
  }
}

std::string RefusalOf(const std::shared_ptr<MemoryImage>& image, std::string* message) {
  const auto provider = sidestream::OpenNtfsBlocks(image, "test image");
  if (provider.ok()) return "";
  if (message != nullptr) *message = provider.error().message;
  return provider.error().code;
}

}  // namespace test
