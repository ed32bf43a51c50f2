// The text of smb.conf as sections of parameters. Knows the dialect and no option's meaning.
//
// Sections in brackets; `name = value`; comments from `;` or `#` at a line's start; `\` at its end
// joins the next. Case and blanks count neither in section nor in parameter names. Source:
// smb.conf(5), samba lib/util/tini.c and source3/param/loadparm.c.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sidestream {

// "VFS Objects" and "vfsobjects" are the same name.
std::string FoldedSmbName(std::string_view name);

struct SmbSection {
  std::string name;                               // as first written
  std::map<std::string, std::string> parameters;  // by folded name; the last one written counts
};

struct SmbSections {
  SmbSection global;
  std::vector<SmbSection> shares;  // in order
};

// `path` and all that it includes.
Result<SmbSections> ParseSmbConf(const std::string& path);

}  // namespace sidestream
