// mount(8), /etc/fstab and systemd mount a repository as they do any other filesystem.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/mounted_repository.h"

namespace varve {
namespace {

// The helpers, installed over the system's own folder in a mount namespace that ends with the
// command: outside nothing is seen of them, nor of what is mounted.
class MountHelper : public testing::Test {
 protected:
  MountHelper() {
    store_.ingest({"data", {{"a", Bytes(5, std::byte{'x'})}}});
    for (const char* folder : {"upper", "work"}) {
      std::filesystem::create_directory(store_.scratch(folder));
    }
    for (const char* name : {"mount.varve", "mount.fuse.varve"}) {
      std::filesystem::create_symlink(VARVE_BINARY, store_.scratch("upper") / name);
    }
  }

  ShellResult with_helpers(const std::string& command) const {
    const std::string overlay = "lowerdir=/usr/sbin,upperdir=" + store_.scratch("upper").native() +
                                ",workdir=" + store_.scratch("work").native();
    const std::string script = "mount -t overlay none -o " + quoted(overlay) + " /usr/sbin && " +
                               "export REPO=" + quoted(store_.repository_path()) +
                               " DIR=" + quoted(store_.mount_point()) + " && " + command;
    return shell("unshare --mount sh -ec " + quoted(script));
  }

  MountedRepository store_;
};

TEST_F(MountHelper, MountsByType) {
  for (const std::string type : {"varve", "fuse.varve"}) {
    const ShellResult result =
        with_helpers("mount -t " + type +
                     " $REPO $DIR -o ro,noatime && cat $DIR/latest/a && "
                     "findmnt -n -o SOURCE,FSTYPE $DIR | tr -s ' ' && umount $DIR && ls -A $DIR");
    EXPECT_EQ(result.status, 0) << result.output;
    EXPECT_EQ(result.output, "xxxxx" + store_.repository_path().native() + " fuse.varve\n");
  }
}

TEST_F(MountHelper, MountsALineOfFstab) {
  std::ofstream(store_.scratch("fstab"))
      << store_.repository_path().native() << ' ' << store_.mount_point().native()
      << " fuse.varve ro,noauto,nofail,user,umask=077,snapshot=latest,x-systemd.automount 0 0\n";
  const ShellResult result = with_helpers("mount --fstab " + quoted(store_.scratch("fstab")) +
                                          " $DIR && stat -c '%a %n' $DIR/* && umount $DIR");
  EXPECT_EQ(result.status, 0) << result.output;
  const std::string point = store_.mount_point().native();
  EXPECT_EQ(result.output,
            "400 " + point + "/SHA256SUMS\n400 " + point + "/a\n400 " + point + "/snapshot.json\n");
}

TEST_F(MountHelper, OnlyPlaysWhereMountPlays) {
  const ShellResult result =
      with_helpers("mount -f -t varve $REPO $DIR && mount.varve $REPO $DIR -sfn && ls -A $DIR");
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

TEST_F(MountHelper, HandsTheReasonOn) {
  const ShellResult result = with_helpers("mount -t varve /nowhere/repo $DIR");
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("/nowhere/repo holds no repository"), std::string::npos)
      << result.output;
  EXPECT_EQ(with_helpers("mount.varve $REPO").status, 2);
  EXPECT_EQ(with_helpers("mount.varve $REPO $DIR -o").status, 2);
  EXPECT_EQ(with_helpers("mount.varve $REPO $DIR -x").status, 2);
}

}  // namespace
}  // namespace varve
