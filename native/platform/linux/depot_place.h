// Where in a depot a carrier's streams are; see samba_depot.h for the layout.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sidestream {

// `XX/YY/<32 hex digits>` of the file with these numbers.
std::string DepotPlace(std::uint64_t device, std::uint64_t inode);

// `:<name>:$DATA` without colons and type. Empty where this is no stream's file.
std::optional<std::string> StreamOfDepotFile(std::string_view file_name);
std::string DepotFileOf(std::string_view stream_name);

// Two upper-case hex digits: a folder of a depot's two upper levels.
bool IsDepotHash(std::string_view folder_name);

// A carrier's folder in a depot, from its path `<depot>/XX/YY/<id>`, and a file in such a folder.
// No part of the path may be a link, the folders above the depot included. Only ENOENT means that
// it is not there: smbd follows links, so a link in the way can hide streams.
Result<UniqueFd> OpenDepotFolder(const std::string& path, const char* operation);
Result<UniqueFd> OpenDepotFile(const std::string& path, int flags, const char* operation);
// The depot itself, O_PATH.
Result<UniqueFd> OpenDepotRoot(const std::string& path, const char* operation);

}  // namespace sidestream
