// Opens what a relative path names below an open folder, component by component, so that no
// junction or symbolic link on the way is followed.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "platform/windows/nt_open.h"

namespace sidestream {

// `relative` is empty for the folder itself. What ends the path may be a link: then the link is
// opened and not what it leads to. ADS_UNSUPPORTED for a cloud file that opening would fetch.
Result<UniqueHandle> OpenBeneath(HANDLE folder, std::u16string_view relative, const OpenHow& how);

// Opens an entry of a folder; tries again without FILE_WRITE_ATTRIBUTES where that is refused.
NTSTATUS OpenWithFewerRights(HANDLE folder, std::u16string_view name, OpenHow how,
                             UniqueHandle& handle);

// True for a symbolic link, a junction or a mounted volume.
bool LeadsElsewhere(std::uint32_t attributes, std::uint32_t reparse_tag);

}  // namespace sidestream
