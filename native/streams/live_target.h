// What each platform gives streams/open_target.cc. Defined once per platform, in
// native/platform/<os>/.

#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "streams/change_journal.h"
#include "streams/stream_provider.h"
#include "streams/target_hints.h"

namespace sidestream {

enum class TargetKind {
  kRegularFile,
  kFolder,
  kDevice,  // a block device or volume: only its raw content can be read
  kOther,   // a pipe, a socket, a terminal, …
};

struct TargetShape {
  TargetKind kind;
  std::string native_path;  // what the platform's open() takes
};

// Looks at what `path` names without opening it, links followed. ADS_NOT_FOUND, ADS_ACCESS_DENIED
// or ADS_INVALID_NAME if that is not possible.
Result<TargetShape> InspectTarget(const std::u16string& path);

// The live provider for a folder or regular file. ADS_UNSUPPORTED where the system shows no
// streams.
Result<std::unique_ptr<StreamProvider>> OpenLiveTarget(const std::u16string& path,
                                                       const TargetHints& hints);

// The change journal of a live volume. ADS_UNSUPPORTED where `path` is a folder, or the system has
// none.
Result<std::unique_ptr<ChangeJournal>> OpenLiveJournal(const std::u16string& path);

}  // namespace sidestream
