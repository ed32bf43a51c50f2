// Looks again at carriers of a live volume that its change journal named, by their identities.
//
// Through the file system and not raw: what it has cached of a file that changed just now need not
// be in $MFT yet.

#pragma once

#include "platform/windows/nt_api.h"
#include "platform/windows/volume_facts.h"
#include "streams/stream_provider.h"

namespace sidestream {

// `root`: the volume's root folder. ADS_UNSUPPORTED where files cannot be opened by their
// identities, so that no answer would mean anything. A carrier that is no more gives no row.
Status LookAtCarriers(HANDLE root, const VolumeFacts& volume, const ScanOptions& options,
                      ScanSink& sink);

}  // namespace sidestream
