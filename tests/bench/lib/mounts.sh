# shellcheck shell=bash
# The filesystems that are compared, each behind the same two functions; each shows the middle state of the
# database. Needs $WORK, $VARVE and the peers' functions.
#
#   SYSTEM_mount            mounts on $WORK/mnt-SYSTEM where it is a mount, and returns when it is ready
#   SYSTEM_file             where the database then is

# Everything that is mounted is mounted here.
mount_point() { echo "$WORK/mnt-$1"; }

native_mount() { :; }
native_file() { echo "$WORK/native/shop.db"; }

# libfuse's own example, from the documents of libfuse3-dev.
build_passthrough() {
  local example=/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c
  # shellcheck disable=SC2046
  gcc -O2 -w -D_FILE_OFFSET_BITS=64 -o "$WORK/passthrough_ll" "$example" $(pkg-config --cflags --libs fuse3)
}

passthrough_mount() {
  "$WORK/passthrough_ll" -o "source=$WORK/native,cache=always,timeout=3600" "$(mount_point passthrough)"
}
passthrough_file() { echo "$(mount_point passthrough)/shop.db"; }

varve_mount() { "$VARVE" -r "$(home varve)/repo" mount "$(mount_point varve)"; }
varve_file() { varve_file_of $((STATES / 2)); }
# varve_file_of STATE: as it is on the mount.
varve_file_of() { echo "$(mount_point varve)/$(state_time "$1" | tr : -)/shop.db"; }

restic_mount() {
  RESTIC_PASSWORD=bench restic --quiet --repo "$(home restic)/repo" --cache-dir "$(home restic)/cache" \
    mount "$(mount_point restic)" >>"$LOG" 2>&1 &
  until mountpoint -q "$(mount_point restic)"; do sleep 0.01; done
}
restic_file() {
  local id
  id=$(restic_names "$(home restic)" | sed -n "$((STATES / 2 + 1))p" | cut -c 1-8)
  echo "$(mount_point restic)/ids/$id$WORK/shop.db"
}

borg64k_mount() {
  in_borg "$(home borg64k)" mount "::$(printf 'state-%03d' $((STATES / 2)))" "$(mount_point borg64k)"
}
borg64k_file() { echo "$(mount_point borg64k)$WORK/shop.db"; }

# fresh SYSTEM: mounted anew.
fresh() {
  local point
  point=$(mount_point "$1")
  leave_mount "$1"
  mkdir -p "$point"
  "$1_mount" >>"$LOG" 2>&1
}

# leave_mount SYSTEM
leave_mount() {
  local point
  point=$(mount_point "$1")
  if mountpoint -q "$point"; then
    fusermount3 -u "$point"
    while mountpoint -q "$point"; do sleep 0.01; done
  fi
}

drop_caches() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
}

# cold SYSTEM: a fresh mount, and nothing of it or under it in the kernel's caches.
cold() {
  leave_mount "$1"
  drop_caches
  fresh "$1"
}

# process_of POINT: the process that serves it, which says so on its command line.
process_of() { pgrep -n -f -- "mount $1\$"; }
