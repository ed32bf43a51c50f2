#include "platform/linux/depot_place.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/linux/errno_error.h"
#include "platform/linux/open_beneath.h"

namespace sidestream {
namespace {

constexpr std::string_view kType = ":$DATA";
constexpr std::size_t kIdBytes = 16;

// hash_fn of vfs_streams_depot.c; all arithmetic is modulo 2^32.
std::uint32_t HashOf(const std::array<std::uint8_t, kIdBytes>& id) {
  std::uint32_t value = 0x238F13AFU * std::uint32_t{kIdBytes};
  for (std::uint32_t i = 0; i < kIdBytes; ++i) value += std::uint32_t{id[i]} << (i * 5 % 24);
  return 1103515243U * value + 12345U;
}

std::string Hex(std::uint8_t byte) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  return {kDigits[byte >> 4], kDigits[byte & 0xf]};
}

bool IsUpperHex(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

// smbd follows links, so one in the way can hide streams: never to be taken for "not there".
StreamError RefusedLink(StreamError error, const std::string& path, const char* operation) {
  if (error.system_code != ELOOP && error.system_code != ENOTDIR) {
    error.operation = operation;
    return error;
  }
  return {"ADS_UNSUPPORTED", error.system_code, operation,
          path +
              " in Samba's stream depot is not reached through folders alone, and no link is "
              "followed"};
}

// `parts`: how many of the path's last parts are below the depot.
Result<UniqueFd> OpenBelow(const std::string& path, int parts, int flags, const char* operation) {
  std::size_t split = path.size();
  for (int part = 0; part < parts; ++part) split = path.rfind('/', split - 1);
  const auto depot = OpenDepotRoot(path.substr(0, split), operation);
  if (!depot.ok()) return depot.error();
  const auto opened = OpenBeneath(depot.value().get(), path.substr(split + 1));
  if (!opened.ok()) return RefusedLink(opened.error(), path, operation);
  UniqueFd fd(openat(opened.value().parent_fd.get(), opened.value().base_name.c_str(),
                     flags | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.ok()) return RefusedLink(FromErrno(errno, operation, path), path, operation);
  return fd;
}

}  // namespace

std::string DepotPlace(std::uint64_t device, std::uint64_t inode) {
  std::array<std::uint8_t, kIdBytes> id{};
  std::string digits;
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    id[i] = static_cast<std::uint8_t>((i < 8 ? device : inode) >> (8 * (i % 8)));
    digits += Hex(id[i]);
  }
  const std::uint32_t hash = HashOf(id);
  return Hex(static_cast<std::uint8_t>(hash)) + "/" + Hex(static_cast<std::uint8_t>(hash >> 8)) +
         "/" + digits;
}

std::optional<std::string> StreamOfDepotFile(std::string_view file_name) {
  if (!file_name.starts_with(':') || !file_name.ends_with(kType)) return std::nullopt;
  if (file_name.size() <= 1 + kType.size()) return std::nullopt;
  return std::string(file_name.substr(1, file_name.size() - 1 - kType.size()));
}

std::string DepotFileOf(std::string_view stream_name) {
  return ":" + std::string(stream_name) + std::string(kType);
}

bool IsDepotHash(std::string_view folder_name) {
  return folder_name.size() == 2 && std::ranges::all_of(folder_name, IsUpperHex);
}

Result<UniqueFd> OpenDepotRoot(const std::string& path, const char* operation) {
  auto depot = OpenFolderWithoutLinks(path);
  if (!depot.ok()) return RefusedLink(depot.error(), path, operation);
  return depot;
}

Result<UniqueFd> OpenDepotFolder(const std::string& path, const char* operation) {
  return OpenBelow(path, 3, O_RDONLY | O_DIRECTORY, operation);
}

Result<UniqueFd> OpenDepotFile(const std::string& path, int flags, const char* operation) {
  return OpenBelow(path, 4, flags | O_NONBLOCK, operation);
}

}  // namespace sidestream
