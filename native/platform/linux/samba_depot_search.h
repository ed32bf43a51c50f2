// Where the depots of one carrier are, and what they hold of it.
//
// A carrier that is marked for a depot has its depot looked for even where no smb.conf tells of
// one.

#pragma once

#include <optional>
#include <string>

#include "platform/linux/samba_shares.h"
#include "platform/linux/stream_scheme.h"

namespace sidestream {

// Adds what the depots of the carrier's shares hold of it, or why that cannot be seen.
void AddFromDepots(StreamListing& listing, const CarrierRef& carrier, const SambaPlace& place);

// The depot for a new stream: the one that the carrier has streams in, else the nearest. `share`:
// null if the carrier is in none that keeps streams.
std::optional<std::string> DepotFor(const SambaShare* share, const CarrierRef& carrier,
                                    const std::string& carrier_path);

}  // namespace sidestream
