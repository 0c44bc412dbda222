// Where a drill restores to: a folder under $TMPDIR, else /tmp, gone with everything in it at the
// end.
//
// A drill that was killed leaves its folder (locked_folder.h), and perhaps a server's process that
// has not noticed yet. The next drill ends the processes whose working folder lies there, and
// removes the folder.
#pragma once

#include "tools/sources/locked_folder.h"

namespace varve {

class DrillFolder {
 public:
  DrillFolder();  // clears away what killed drills left; throws an io Error

  // Absolute. Others may pass through it, so that a server that runs as another user reaches its
  // own part, but cannot look into it.
  const Path& path() const noexcept { return folder_.path(); }

  // Throws a no_space Error that says how much is needed where less than `bytes` are free there.
  // `what` names what is to be restored.
  void require_space(std::uint64_t bytes, const std::string& what) const;

 private:
  LockedFolder folder_;
};

// Removes what killed drills of this user left under `parent`.
void remove_abandoned_drills(const Path& parent);

}  // namespace varve
